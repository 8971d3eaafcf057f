package app

import (
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/citizens-portal/portal/app/desk"
	"github.com/citizens-portal/portal/app/i18n"
	"github.com/citizens-portal/portal/app/nav"
	"github.com/citizens-portal/portal/app/screen"
	"github.com/citizens-portal/portal/app/style"
)

// settings are a person's choices on this device and the way to where they were. They
// name complaints by id only and hold nothing that needs sealing.
type settings struct {
	Lang       i18n.Lang         `json:"lang,omitempty"`
	Scale      style.Scale       `json:"scale,omitempty"`
	Brightness screen.Brightness `json:"brightness,omitempty"`
	Way        nav.Stack         `json:"way"`
	// Shot is the photo that the camera was opened for; the program may be ended
	// before it is back.
	Shot string     `json:"shot,omitempty"`
	Desk desk.State `json:"desk,omitzero"`
}

const settingsFile = "app.json"

// readSettings reads the choices. A file that is missing or broken is no reason not to
// start: the person chooses again.
func readSettings(home string) *settings {
	s := &settings{}
	raw, err := os.ReadFile(filepath.Join(home, settingsFile))
	if err != nil || json.Unmarshal(raw, s) != nil {
		return &settings{}
	}
	return s
}

// write keeps the choices. Losing them costs a person two taps, so a full disk is not
// worth a message here; the SDK reports it where words are at stake.
func (s *settings) write(home string) {
	raw, err := json.Marshal(s)
	if err != nil {
		return
	}
	path := filepath.Join(home, settingsFile)
	if os.WriteFile(path+".partial", raw, 0o600) == nil {
		_ = os.Rename(path+".partial", path)
	}
}
