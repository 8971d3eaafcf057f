package photo

import (
	"bytes"
	"encoding/binary"
)

// orientation reads the EXIF orientation of a JPEG; 1 (upright) when there is
// none or it cannot be read.
func orientation(b []byte) int {
	tiff := exif(b)
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder
	switch string(tiff[:2]) {
	case "II":
		order = binary.LittleEndian
	case "MM":
		order = binary.BigEndian
	default:
		return 1
	}
	return tag(tiff, order, int(order.Uint32(tiff[4:])))
}

// tag finds the orientation in the first directory of a TIFF block.
func tag(tiff []byte, order binary.ByteOrder, at int) int {
	const orientationTag, entryBytes = 0x0112, 12
	if at < 0 || at > len(tiff)-2 {
		return 1
	}
	entries := int(order.Uint16(tiff[at:]))
	for i := range entries {
		e := at + 2 + i*entryBytes
		if e > len(tiff)-entryBytes {
			return 1
		}
		if order.Uint16(tiff[e:]) == orientationTag {
			return int(order.Uint16(tiff[e+8:]))
		}
	}
	return 1
}

// exif gives the TIFF block of a JPEG's APP1 segment, nil when there is none.
func exif(b []byte) []byte {
	const app1, startOfScan, imageEnd = 0xe1, 0xda, 0xd9
	for at := 2; at+4 <= len(b) && b[at] == 0xff; {
		marker, size := b[at+1], int(binary.BigEndian.Uint16(b[at+2:]))
		if marker == startOfScan || marker == imageEnd || size < 2 || at+2+size > len(b) {
			return nil
		}
		segment := b[at+4 : at+2+size]
		if rest, ok := bytes.CutPrefix(segment, []byte("Exif\x00\x00")); ok && marker == app1 {
			return rest
		}
		at += 2 + size
	}
	return nil
}
