package media

import (
	"bytes"
	"mime"
	"slices"
	"strings"
)

// plainType gives a media type without parameters, aliases as one name.
func plainType(media string) string {
	plain, _, err := mime.ParseMediaType(media)
	if err != nil {
		plain = strings.ToLower(strings.TrimSpace(media))
	}
	switch plain {
	case "audio/x-m4a", "audio/m4a":
		return "audio/mp4"
	case "audio/x-wav", "audio/wave":
		return "audio/wav"
	case "audio/mp3":
		return "audio/mpeg"
	case "audio/opus":
		return "audio/ogg"
	}
	return plain
}

func isPicture(media string) bool {
	return plainType(media) == "image/jpeg" || plainType(media) == "image/png"
}

// sniff tells by its content what a file is: one of the types that may be kept,
// or "". What a client says about a file is never believed.
func sniff(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xd8\xff")):
		return "image/jpeg"
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")):
		return "image/png"
	case bytes.HasPrefix(b, []byte("%PDF-")):
		return "application/pdf"
	}
	return sniffSound(b)
}

func sniffSound(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte("OggS")) && oggSound(b):
		return "audio/ogg"
	case bytes.HasPrefix(b, []byte("#!AMR")):
		return "audio/amr"
	case len(b) >= 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WAVE":
		return "audio/wav"
	case len(b) >= 12 && string(b[4:8]) == "ftyp" && soundBrand(string(b[8:12])):
		return "audio/mp4"
	case bytes.HasPrefix(b, []byte("ID3")):
		return "audio/mpeg"
	case bytes.HasPrefix(b, []byte("\x1a\x45\xdf\xa3")) && bytes.Contains(b[:min(len(b), 64)], []byte("webm")):
		return "audio/webm"
	case len(b) >= 4 && b[0] == 0xff && b[1]&0xf6 == 0xf0:
		return "audio/aac" // ADTS: twelve bits set, layer 0
	case len(b) >= 4 && b[0] == 0xff && b[1]&0xe0 == 0xe0 && b[1]&0x06 == 0x02 && b[2]&0xf0 != 0xf0:
		return "audio/mpeg" // layer III, bit rate not forbidden
	}
	return ""
}

// oggSound looks into the first page, which names the codec.
func oggSound(b []byte) bool {
	first := b[:min(len(b), 128)]
	return bytes.Contains(first, []byte("OpusHead")) || bytes.Contains(first, []byte("\x01vorbis")) || bytes.Contains(first, []byte("Speex   "))
}

// soundBrand: the brands that recorders of voice write (ISO 14496-12, 3GPP).
func soundBrand(brand string) bool {
	return slices.Contains([]string{"M4A ", "M4B ", "mp41", "mp42", "isom", "iso2", "3gp4", "3gp5", "3gp6", "3g2a", "dash"}, brand)
}
