package pdf

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5" //nolint:gosec // prescribed by the format
	"crypto/rc4" //nolint:gosec // prescribed by the format
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"fmt"

	"github.com/sufflor/sufflor/ingest"
)

// method is how strings or streams are encrypted.
type method int

const (
	noMethod method = iota
	rc4Method
	aesMethod    // AESV2, with a key for each object
	aes256Method // AESV3, with the file's key
)

// crypt is the standard security handler of ISO 32000-2, 7.6, for files that
// open without a password. A number in a comment is an algorithm's there.
type crypt struct {
	key              []byte
	strings, streams method
	filters          map[string]method // by name
}

var (
	errPassword = fmt.Errorf("it needs a password to open; save it without a password and try again: %w", ingest.ErrEncrypted)
	padding     = []byte("\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08" +
		"\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A")
)

// newCrypt reads an encryption dictionary and finds the file's key with an
// empty user password or, from revision 5, owner password.
func newCrypt(dict operand, id string) (*crypt, error) {
	v, r := int(dict.get("V").num), int(dict.get("R").num)
	if filter := dict.get("Filter").str; filter != "Standard" {
		return nil, fmt.Errorf("its encryption by %q is not supported, save it without: %w", filter, ingest.ErrEncrypted)
	}
	c := &crypt{strings: rc4Method, streams: rc4Method, filters: map[string]method{"Identity": noMethod}}
	bits := int(dict.get("Length").num)
	switch v {
	case 1:
		bits = 40
	case 2, 3:
	case 4, 5, 6:
		filters := dict.get("CF")
		for i := 0; i+1 < len(filters.list); i += 2 {
			filter := filters.list[i+1]
			m := noMethod
			switch filter.get("CFM").str {
			case "V2":
				m = rc4Method
			case "AESV2":
				m, bits = aesMethod, 128
			case "AESV3":
				m, bits = aes256Method, 256
			}
			c.filters[filters.list[i].str] = m
			if n := int(filter.get("Length").num); m == rc4Method && n > 0 {
				if bits = n; n < 40 { // in bytes, as the standard has it
					bits = 8 * n
				}
			}
		}
		c.strings, c.streams = c.filters[dict.get("StrF").str], c.filters[dict.get("StmF").str]
	default:
		return nil, fmt.Errorf("its encryption (version %d) is not supported, save it without: %w", v, ingest.ErrEncrypted)
	}
	if r >= 5 {
		c.key = key256(dict, r)
	} else {
		// The length is missing or wrong in some files, and the key tells.
		for _, n := range []int{bits / 8, 5, 16} {
			if n >= 5 && n <= 16 && c.key == nil {
				c.key = key128(dict, id, r, n)
			}
		}
	}
	// Attachments alone may need a password.
	if c.key == nil && (dict.get("StrF").str != "Identity" || dict.get("StmF").str != "Identity") {
		return nil, errPassword
	}
	return c, nil
}

// key128 is the file's key of revisions 2 to 4, nil when a password is needed.
// A file without an owner password has the user's for it, which leaves no
// second way in.
func key128(dict operand, id string, r, n int) []byte {
	owner, user := []byte(dict.get("O").str), []byte(dict.get("U").str)
	if len(owner) < 32 || len(user) < 16 {
		return nil
	}
	// 2: the key
	h := md5.New() //nolint:gosec // prescribed by the format
	h.Write(padding)
	h.Write(owner[:32])
	h.Write(binary.LittleEndian.AppendUint32(nil, uint32(int64(dict.get("P").num)&0xFFFFFFFF)))
	h.Write([]byte(id))
	if meta := dict.get("EncryptMetadata"); r >= 4 && meta.kind == boolKind && meta.num == 0 {
		h.Write([]byte{0xFF, 0xFF, 0xFF, 0xFF})
	}
	key := h.Sum(nil)
	if r >= 3 {
		for range 50 {
			sum := md5.Sum(key[:n]) //nolint:gosec // prescribed by the format
			key = sum[:]
		}
	}
	key = key[:n]
	// 4 and 5: what U must be
	want := bytes.Clone(padding)
	if r >= 3 {
		sum := md5.Sum(append(want, id...)) //nolint:gosec // prescribed by the format
		want = sum[:]
		for i := range 20 {
			k := bytes.Clone(key)
			for j := range k {
				k[j] ^= byte(i)
			}
			xorRC4(want, k)
		}
	} else {
		xorRC4(want, key)
	}
	if !bytes.HasPrefix(user, want[:16]) {
		return nil
	}
	return key
}

func xorRC4(data, key []byte) {
	c, err := rc4.NewCipher(key) //nolint:gosec // prescribed by the format
	if err == nil {
		c.XORKeyStream(data, data)
	}
}

// key256 is the file's key of revisions 5 and 6 (2.A).
func key256(dict operand, r int) []byte {
	owner, user := []byte(dict.get("O").str), []byte(dict.get("U").str)
	if len(owner) < 48 || len(user) < 48 {
		return nil
	}
	for _, try := range []struct {
		entry, more []byte
		wrapped     string
	}{{user, nil, dict.get("UE").str}, {owner, user[:48], dict.get("OE").str}} {
		check, salt := try.entry[32:40], try.entry[40:48]
		if len(try.wrapped) < 32 || !bytes.Equal(hash256(check, try.more, r), try.entry[:32]) {
			continue
		}
		block, err := aes.NewCipher(hash256(salt, try.more, r))
		if err != nil {
			continue
		}
		key := []byte(try.wrapped[:32])
		cipher.NewCBCDecrypter(block, make([]byte, aes.BlockSize)).CryptBlocks(key, key)
		return key
	}
	return nil
}

// hash256 is the hash of an empty password (2.B); revision 5 knows only its
// first step.
func hash256(salt, more []byte, r int) []byte {
	sum := sha256.Sum256(append(bytes.Clone(salt), more...))
	key := sum[:]
	if r < 6 {
		return key
	}
	for i := 0; ; i++ {
		data := bytes.Repeat(append(bytes.Clone(key), more...), 64)
		block, err := aes.NewCipher(key[:16])
		if err != nil {
			return nil
		}
		cipher.NewCBCEncrypter(block, key[16:32]).CryptBlocks(data, data)
		rest := 0
		for _, b := range data[:16] {
			rest += int(b)
		}
		switch rest % 3 {
		case 0:
			sum := sha256.Sum256(data)
			key = sum[:]
		case 1:
			sum := sha512.Sum384(data)
			key = sum[:]
		default:
			sum := sha512.Sum512(data)
			key = sum[:]
		}
		if i >= 63 && int(data[len(data)-1]) <= i-31 {
			return key[:32]
		}
	}
}

// text decrypts a string of an object.
func (c *crypt) text(data []byte, number, generation int) []byte {
	return c.decrypt(c.strings, data, number, generation)
}

// stream decrypts a stream's data.
func (c *crypt) stream(data []byte, number, generation int, dict object) []byte {
	m := c.streams
	filter, params := dict.Key("Filter"), dict.Key("DecodeParms")
	if filter.Kind() == arrayKind {
		filter = filter.Index(0)
	}
	if params.Kind() == arrayKind {
		params = params.Index(0)
	}
	if filter.Text() == "Crypt" {
		m = c.filters[params.Key("Name").Text()]
	}
	if dict.Key("Type").Text() == "XRef" {
		m = noMethod
	}
	return c.decrypt(m, data, number, generation)
}

// decrypt is algorithms 1 and 1.A. Data that is cut off gives what it can.
func (c *crypt) decrypt(m method, data []byte, number, generation int) []byte {
	switch {
	case m == noMethod || len(data) == 0:
		return data
	case c.key == nil:
		return nil
	}
	key := c.key
	if m != aes256Method {
		object := binary.LittleEndian.AppendUint32(nil, uint32(number&0xFFFFFF))[:3]
		object = binary.LittleEndian.AppendUint16(object, uint16(generation&0xFFFF))
		if m == aesMethod {
			object = append(object, "sAlT"...)
		}
		sum := md5.Sum(append(bytes.Clone(key), object...)) //nolint:gosec // prescribed by the format
		key = sum[:min(len(key)+5, 16)]
	}
	if m == rc4Method {
		xorRC4(data, key)
		return data
	}
	block, err := aes.NewCipher(key)
	if err != nil || len(data) < 2*aes.BlockSize {
		return nil
	}
	body := data[aes.BlockSize : len(data)/aes.BlockSize*aes.BlockSize]
	cipher.NewCBCDecrypter(block, data[:aes.BlockSize]).CryptBlocks(body, body)
	if pad := int(body[len(body)-1]); pad >= 1 && pad <= aes.BlockSize && len(body) == len(data)-aes.BlockSize {
		body = body[:len(body)-pad]
	}
	return body
}
