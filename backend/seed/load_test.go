package seed_test

import (
	"errors"
	"io/fs"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/seed"
	"github.com/citizens-portal/portal/backend/seed/seedtest"
)

// testland gives the made-up province's files, with one text in one file
// changed.
func testland(t *testing.T, file, old, changed string) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	names, err := fs.Glob(seedtest.TestlandFiles(), "*.csv")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		raw, err := fs.ReadFile(seedtest.TestlandFiles(), name)
		if err != nil {
			t.Fatal(err)
		}
		if name == file {
			if !strings.Contains(string(raw), old) {
				t.Fatalf("%s does not contain %q", file, old)
			}
			raw = []byte(strings.Replace(string(raw), old, changed, 1))
		}
		out[name] = &fstest.MapFile{Data: raw}
	}
	return out
}

func TestMistakesAreNamedWithFileAndLine(t *testing.T) {
	const oasis = "tl/oasis/oasis,district,Oasis,"
	for _, tc := range []struct{ name, file, old, changed, want string }{
		{"cell too many", "areas.csv", oasis, oasis + ",", "areas.csv:4: has 10 cells, the first line has 9"},
		{"cell too few", "policies.csv", "weekly,7 10,5,", "weekly,7 10,", "policies.csv:2: has 8 cells, the first line has 9"},
		{"stray quote", "areas.csv", ",Oasis,", `,Oa"sis,`, `areas.csv:4: a cell with a " in it must be quoted`},
		{"quote never closed", "offices.csv", `"Reeve, {name}"`, `"Reeve, {name}`, `offices.csv:5: a " stands where none may`},
		{"not UTF-8", "areas.csv", ",Oasis,", ",O\xe4sis,", "areas.csv:4: en is not valid UTF-8"},
		{"direction override", "areas.csv", ",Oasis,", ",\u202eOasis,", "areas.csv:4: en holds an invisible control character"},
		{"column missing", "areas.csv", ",check,from", ",from", `areas.csv:1: column "check" is missing`},
		{"column unknown", "categories.csv", ",words", ",wrods", `categories.csv:1: column "wrods" is unknown`},
		{"column twice", "categories.csv", ",words", ",words,words", `categories.csv:1: column "words" is there twice`},
		{"kind of place", "areas.csv", oasis, "tl/oasis/oasis,distric,Oasis,", `areas.csv:4: kind is "distric"`},
		{"short name", "areas.csv", oasis, "tl/oasis/Oasis,district,Oasis,", `areas.csv:4: id: "Oasis" is not a short name`},
		{"place missing above", "areas.csv", oasis, "tl/desert/oasis,district,Oasis,", "areas.csv:4: tl/desert/oasis lies in tl/desert, which is missing or comes later"},
		{"rank", "areas.csv", "tl/oasis/oasis/palms,tehsil", "tl/oasis/palms,tehsil", "areas.csv:5: tl/oasis/palms is a tehsil and cannot lie in a division"},
		{"district without a path", "areas.csv", oasis, "oasis,district,Oasis,", "areas.csv:4: oasis is a district: its id must be a path"},
		{"place twice", "areas.csv", "tl/oasis/market,", "tl/oasis/oasis,", `areas.csv:7: id "tl/oasis/oasis" is there twice, first on line 4`},
		{"no name", "areas.csv", ",Oasis,", ",,", "areas.csv:4: en is empty"},
		{"check", "areas.csv", ",unknown,2020-02-29", ",sure,2020-02-29", `areas.csv:7: check is "sure"`},
		{"day", "areas.csv", "2020-02-29", "2021-02-29", `areas.csv:7: from is "2021-02-29"`},
		{"yes or no", "areas.csv", "بندر,yes", "بندر,maybe", `areas.csv:10: reviewed is "maybe"`},
		{"days not a number", "policies.csv", "7 10,5,", "7 ten,5,", `policies.csv:2: escalate_after_days is "ten"`},
		{"days fall", "policies.csv", "7 10,5,", "10 7,5,", "policies.csv:2: escalate_after_days must rise: 7 does not come after 10"},
		{"silence at once", "policies.csv", "7 10,5,", "7 10,0,", `policies.csv:2: silent_after_days is "0"; write a whole number from 1`},
		{"policy unknown", "categories.csv", ",proof,", ",prof,", `categories.csv:4: policy "prof" is not in policies.csv`},
		{"no policy", "categories.csv", "camels,,Camels on the road,,,no,weekly", "camels,,Camels on the road,,,no,", "categories.csv:7: camels has no parent to inherit a policy from"},
		{"category above missing", "categories.csv", "dry-well,wells", "dry-well,well", `categories.csv:3: parent "well" is missing or comes later`},
		{"category twice", "categories.csv", "guards,,", "wells,,", `categories.csv:5: code "wells" is there twice, first on line 2`},
		{"office kind", "offices.csv", "governor,chain", "governor,chian", `offices.csv:2: kind is "chian"`},
		{"office area", "offices.csv", "chain,2,tl,", "chain,2,tx,", `offices.csv:2: area "tx" is not in areas.csv`},
		{"office above missing", "offices.csv", "warden-{division},chain,1,,governor", "warden-{division},chain,1,,king", `offices.csv:4: warden-oasis is below "king", which is not an office`},
		{"office category", "offices.csv", ",wells camels,", ",wells horses,", `offices.csv:7: category "horses" is not in categories.csv`},
		{"rule gives one id twice", "offices.csv", "wells-{division}-{district}", "wells-{district}", `offices.csv:6: the rule gives id "wells-market" for tl/oasis/market as well as for tl/delta/market`},
		{"rule with an unknown blank", "offices.csv", "reeve-{division}-{district},chain", "reeve-{division}-{town},chain", "offices.csv:5: id:"},
		{"rule for an unknown kind", "offices.csv", "division,warden", "region,warden", `offices.csv:4: each is "region"`},
		{"two offices at one step", "offices.csv", "elders,panel,2", "elders,chain,2", "offices.csv:3: tl has the office governor at level 2 already"},
		{"district without a chain", "offices.csv", "warden-{division},chain,1", "warden-{division},line,1", "areas.csv:4: district tl/oasis/oasis has no office at level 1 in offices.csv"},
		{"officer's office", "officers.csv", "Clerk of Oasis,reeve-oasis-oasis", "Clerk of Oasis,reeve-oasis", `officers.csv:4: office "reeve-oasis" is not an office`},
		{"officer's post", "officers.csv", ",elders,head", ",elders,chief", `officers.csv:10: post is "chief"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			data, err := seed.Load(testland(t, tc.file, tc.old, tc.changed))
			if !errors.Is(err, portal.ErrInvalid) {
				t.Fatalf("error %v, want one that is portal.ErrInvalid", err)
			}
			if !strings.Contains("\n"+err.Error(), "\n"+tc.want) {
				t.Errorf("no line begins %q in:\n%v", tc.want, err)
			}
			if !reflect.DeepEqual(data, portal.Dataset{}) {
				t.Error("a part of the directory came back beside the error")
			}
		})
	}
}

func TestAllMistakesAreNamedAtOnce(t *testing.T) {
	files := testland(t, "areas.csv", "Upper Oasis", "")
	files["policies.csv"].Data = []byte(strings.ReplaceAll(string(files["policies.csv"].Data), "unknown", "sure"))
	_, err := seed.Load(files)
	var problems seed.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("error %v", err)
	}
	const want = `areas.csv:6: en is empty
policies.csv:2: check is "sure"; write verified, reported or unknown
policies.csv:3: check is "sure"; write verified, reported or unknown`
	if err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestMissingAndEmptyFiles(t *testing.T) {
	files := testland(t, "", "", "")
	delete(files, "offices.csv")
	files["policies.csv"].Data = nil
	_, err := seed.Load(files)
	for _, want := range []string{"offices.csv:1: cannot be read", "policies.csv:1: needs a first line"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// What spreadsheets do to a file on saving must not matter.
func TestSpreadsheetHabitsChangeNothing(t *testing.T) {
	files := testland(t, "", "", "")
	for _, f := range files {
		text := strings.ReplaceAll(string(f.Data), "\n", "\r\n")
		f.Data = []byte("\ufeff" + text + ",,,\r\n\r\n")
	}
	files["areas.csv"].Data = []byte(strings.Replace(string(files["areas.csv"].Data), ",Oasis,", ", Oasis ,", 1))
	got, err := seed.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	if want := seedtest.Testland(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestOfficersMayBeLeftOut(t *testing.T) {
	files := testland(t, "", "", "")
	delete(files, "officers.csv")
	data, err := seed.Load(files)
	if err != nil || data.Officers != nil {
		t.Errorf("officers %v, error %v", data.Officers, err)
	}
}

func TestDemoMistakesAreNamed(t *testing.T) {
	demo, err := fs.Sub(seed.KPFiles(), "demo")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ file, old, changed, want string }{
		{"citizens.csv", "15602-0000001-1", "1560200000011", `citizens.csv:2: cnic is "1560200000011"`},
		{"citizens.csv", "+923000000001", "03000000001", `citizens.csv:2: mobile is "03000000001"`},
		{"complaints.csv", "sample-01,citizen.swat", "sample-01,nobody", `complaints.csv:2: citizen "nobody" is not in citizens.csv`},
		{"complaints.csv", "water-supply", "water", `complaints.csv:2: category "water" is not one that can be chosen`},
		{"complaints.csv", ",3,assigned,phe-swat", ",0.1,assigned,phe-swat", "complaints.csv:2: the step"},
		{"complaints.csv", ",3,assigned,phe-swat", ",3,done,phe-swat", `complaints.csv:2: status is "done"`},
		{"complaints.csv", "assigned,phe-swat,officer.phe-swat", "assigned,pesco-swat,focal.pesco-swat", `complaints.csv:2: office "pesco-swat" does not answer for water-supply`},
		{"officers.csv", "dc-swat,focal", "dc-swot,focal", `officers.csv:2: office "dc-swot" is not an office`},
	} {
		files := fstest.MapFS{}
		for _, name := range []string{"officers.csv", "citizens.csv", "complaints.csv"} {
			raw, err := fs.ReadFile(demo, name)
			if err != nil {
				t.Fatal(err)
			}
			if name == tc.file {
				raw = []byte(strings.Replace(string(raw), tc.old, tc.changed, 1))
			}
			files[name] = &fstest.MapFile{Data: raw}
		}
		if _, err := seed.LoadDemo(files, seed.KP()); err == nil || !strings.Contains("\n"+err.Error(), "\n"+tc.want) {
			t.Errorf("%s with %q: error %v, want %q", tc.file, tc.changed, err, tc.want)
		}
	}
}

// Whatever is typed into a file: a list of mistakes or a directory that holds,
// never a panic.
func FuzzLoad(f *testing.F) {
	for _, name := range []string{"areas.csv", "categories.csv", "offices.csv", "officers.csv", "policies.csv"} {
		raw, err := fs.ReadFile(seedtest.TestlandFiles(), name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(name, string(raw))
	}
	f.Fuzz(func(t *testing.T, name, content string) {
		files := testland(t, "", "", "")
		files[name] = &fstest.MapFile{Data: []byte(content)}
		data, err := seed.Load(files)
		if err != nil {
			if !errors.Is(err, portal.ErrInvalid) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		if _, err := portal.NewDirectory(data); err != nil {
			t.Fatal(err)
		}
	})
}
