package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase"
	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"
)

// pragmas are PocketBase's own but for synchronous, so that an answered create
// is on the disk, as ours is.
const pragmas = "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=journal_size_limit(200000000)&_pragma=synchronous(FULL)&_pragma=foreign_keys(ON)&_pragma=temp_store(MEMORY)&_pragma=cache_size(-32000)"

// servePocketBase runs the peer with one open collection: the bare row, without
// sign-in, events, feeds or counters.
func servePocketBase(dir, addr string) error {
	app := pocketbase.NewWithConfig(pocketbase.Config{
		DefaultDataDir: dir, HideStartBanner: true,
		DBConnect: func(path string) (*dbx.DB, error) { return dbx.Open("sqlite", path+pragmas) },
	})
	if err := app.Bootstrap(); err != nil {
		return err
	}
	if err := app.RunAllMigrations(); err != nil {
		return err
	}
	c := core.NewBaseCollection("complaints")
	c.CreateRule, c.ListRule, c.ViewRule = types.Pointer(""), types.Pointer(""), types.Pointer("")
	c.Fields.Add(&core.TextField{Name: "text"}, &core.TextField{Name: "category"}, &core.TextField{Name: "district"}, &core.AutodateField{Name: "created", OnCreate: true})
	c.AddIndex("complaints_created", false, "created", "")
	if err := app.Save(c); err != nil {
		return err
	}
	fmt.Printf("listening on http://%s\n", addr)
	return apis.Serve(app, apis.ServeConfig{HttpAddr: addr, ShowStartBanner: false})
}

func startPocketBase(ctx context.Context, dir string) (*target, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		return nil, err
	}
	proc, url, err := start(ctx, "listening on ", self, "pocketbase", dir, addr)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(map[string]string{"text": sampleText, "category": "water-supply", "district": "swat"})
	if err != nil {
		return nil, err
	}
	records := url + "/api/collections/complaints/records"
	var first struct {
		ID string `json:"id"`
	}
	for try := 0; first.ID == ""; try++ {
		if err := call(ctx, http.MethodPost, records, json.RawMessage(body), &first); err != nil && try > 200 {
			proc.stop()
			return nil, err
		}
	}
	return &target{
		name: "PocketBase FULL",
		proc: proc,
		create: func(int, int) (request, error) {
			return request{http.MethodPost, records, body, nil}, nil
		},
		list: func(int) request {
			return request{http.MethodGet, records + "?perPage=30&skipTotal=1&sort=-created", nil, nil}
		},
		get: func(int) request { return request{http.MethodGet, records + "/" + first.ID, nil, nil} },
	}, nil
}
