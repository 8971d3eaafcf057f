package assets

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
)

// Apple's own tools read the property lists on a Mac only, so a test reads them here:
// what they would refuse must not wait until then.
func TestApplesPropertyLists(t *testing.T) {
	additions := propertyList(t, "ios/Additions.plist")
	if s, _ := additions["NSPhotoLibraryUsageDescription"].(string); len(s) < 20 {
		t.Errorf("why photos are read is told as %q", s)
	}
	if got := additions["CFBundleLocalizations"]; fmt.Sprint(got) != "[en ur ps]" {
		t.Errorf("languages: %v", got)
	}
	if additions["ITSAppUsesNonExemptEncryption"] != false {
		t.Error("the question about encryption is not answered")
	}

	privacy := propertyList(t, "ios/PrivacyInfo.xcprivacy")
	if privacy["NSPrivacyTracking"] != false || len(privacy["NSPrivacyTrackingDomains"].([]any)) != 0 {
		t.Error("it says that people are tracked")
	}
	var kinds []string
	for _, entry := range privacy["NSPrivacyCollectedDataTypes"].([]any) {
		d := entry.(map[string]any)
		kinds = append(kinds, strings.TrimPrefix(d["NSPrivacyCollectedDataType"].(string), "NSPrivacyCollectedDataType"))
		if d["NSPrivacyCollectedDataTypeTracking"] != false || d["NSPrivacyCollectedDataTypeLinked"] != true ||
			fmt.Sprint(d["NSPrivacyCollectedDataTypePurposes"]) != "[NSPrivacyCollectedDataTypePurposeAppFunctionality]" {
			t.Errorf("%v: the answers are incomplete", d)
		}
	}
	if want := []string{"Name", "PhoneNumber", "UserID", "OtherUserContent", "PhotosorVideos"}; !slices.Equal(kinds, want) {
		t.Errorf("collected: %v, want %v", kinds, want)
	}
	for _, entry := range privacy["NSPrivacyAccessedAPITypes"].([]any) {
		d := entry.(map[string]any)
		if len(d["NSPrivacyAccessedAPITypeReasons"].([]any)) == 0 || !strings.HasPrefix(d["NSPrivacyAccessedAPIType"].(string), "NSPrivacyAccessedAPICategory") {
			t.Errorf("%v: no reason is given", d)
		}
	}
}

func TestBrokenPropertyListsAreSeen(t *testing.T) {
	for _, body := range []string{
		"<dict><key>a</key></dict>", "<dict><string>b</string></dict>", "<dict><key>a</key><text>b</text></dict>",
		"<dict><key>a</key><true/><key>a</key><true/></dict>", "<dict><key>a</key><string>b</dict>",
	} {
		if v, err := parsePropertyList("<plist>" + body + "</plist>"); err == nil {
			t.Errorf("%s is taken for %v", body, v)
		}
	}
}

func propertyList(t *testing.T, name string) map[string]any {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	v, err := parsePropertyList(string(raw))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

func parsePropertyList(text string) (map[string]any, error) {
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		start, ok := token.(xml.StartElement)
		switch {
		case ok && start.Name.Local == "dict":
			return dictionary(d)
		case ok && start.Name.Local != "plist":
			return nil, fmt.Errorf("begins with %s", start.Name.Local)
		}
	}
}

// next gives the next element, nil at the end of the one around it.
func next(d *xml.Decoder) (*xml.StartElement, error) {
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil, io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, err
		}
		switch v := token.(type) {
		case xml.StartElement:
			return &v, nil
		case xml.EndElement:
			return nil, nil
		}
	}
}

func dictionary(d *xml.Decoder) (map[string]any, error) {
	out := map[string]any{}
	for {
		start, err := next(d)
		if err != nil || start == nil {
			return out, err
		}
		var key string
		if start.Name.Local != "key" {
			return nil, fmt.Errorf("%s where a key belongs", start.Name.Local)
		}
		if err := d.DecodeElement(&key, start); err != nil {
			return nil, err
		}
		if _, twice := out[key]; twice {
			return nil, fmt.Errorf("%s is there twice", key)
		}
		if start, err = next(d); err != nil || start == nil {
			return nil, errors.Join(fmt.Errorf("%s has no value", key), err)
		}
		if out[key], err = value(d, start); err != nil {
			return nil, err
		}
	}
}

func value(d *xml.Decoder, start *xml.StartElement) (any, error) {
	switch start.Name.Local {
	case "dict":
		return dictionary(d)
	case "array":
		list := []any{}
		for {
			item, err := next(d)
			if err != nil || item == nil {
				return list, err
			}
			v, err := value(d, item)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
	case "string":
		var s string
		err := d.DecodeElement(&s, start)
		return s, err
	case "true", "false":
		return start.Name.Local == "true", d.Skip()
	}
	return nil, fmt.Errorf("%s is no value", start.Name.Local)
}
