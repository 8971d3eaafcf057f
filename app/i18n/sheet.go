package i18n

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
)

// Sheet writes a table for native readers: one line a key with the English sentence,
// the translations and whether each is signed. A plural has a second line, its key
// marked with "(one)".
func (c *Catalogue) Sheet(w io.Writer) error {
	out := csv.NewWriter(w)
	header := []string{"key", "english", "urdu", "urdu reviewed", "pashto", "pashto reviewed", "remark"}
	if err := out.Write(header); err != nil {
		return fmt.Errorf("write sheet: %w", err)
	}
	for _, key := range c.Keys() {
		en, ur, ps := c.entries[English][key], c.entries[Urdu][key], c.entries[Pashto][key]
		rows := [][]string{{key, en.Text, ur.Text, strconv.FormatBool(ur.Reviewed), ps.Text, strconv.FormatBool(ps.Reviewed), ""}}
		if en.One != "" || ur.One != "" || ps.One != "" {
			rows = append(rows, []string{key + " (one)", en.One, ur.One, "", ps.One, "", ""})
		}
		if err := out.WriteAll(rows); err != nil {
			return fmt.Errorf("write sheet: %w", err)
		}
	}
	out.Flush()
	return out.Error()
}
