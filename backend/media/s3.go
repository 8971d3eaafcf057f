package media

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/citizens-portal/portal/backend/portal"
)

// S3Config says where a bucket is. The two keys may be left out of the file and
// given by the environment instead (see ParseS3).
type S3Config struct {
	Endpoint string `json:"endpoint"` // host or host:port
	Bucket   string `json:"bucket"`
	Region   string `json:"region,omitempty"`
	// Prefix is put before every name, e.g. "portal/".
	Prefix string `json:"prefix,omitempty"`
	// Plain speaks HTTP without TLS; for a gateway on the same machine.
	Plain     bool   `json:"plain,omitempty"`
	AccessKey string `json:"access_key,omitempty"`
	SecretKey string `json:"secret_key,omitempty"`
}

// Names of the environment's variables that hold the keys.
const (
	EnvAccessKey = "PORTAL_S3_ACCESS_KEY"
	EnvSecretKey = "PORTAL_S3_SECRET_KEY"
)

// ParseS3 reads the configuration's JSON; env gives the environment.
func ParseS3(raw []byte, env func(string) string) (S3Config, error) {
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.DisallowUnknownFields()
	var c S3Config
	if err := d.Decode(&c); err != nil {
		return c, portal.Invalid("files", "files_config", "the configuration of the files' bucket is not the JSON wanted: %s", err)
	}
	if c.AccessKey == "" {
		c.AccessKey = env(EnvAccessKey)
	}
	if c.SecretKey == "" {
		c.SecretKey = env(EnvSecretKey)
	}
	switch {
	case c.Endpoint == "" || c.Bucket == "":
		return c, portal.Invalid("files", "files_config", "name the bucket's endpoint and bucket")
	case c.AccessKey == "" || c.SecretKey == "":
		return c, portal.Invalid("files", "files_keys", "give access_key and secret_key, or %s and %s in the environment", EnvAccessKey, EnvSecretKey)
	}
	return c, nil
}

// Bucket keeps files in an S3 bucket, which all nodes may share.
type Bucket struct {
	client *minio.Client
	bucket string
	prefix string
}

// OpenBucket connects to a bucket and makes sure that it is there. The address
// is the operator's; no user's input ever becomes one.
func OpenBucket(ctx context.Context, c S3Config) (*Bucket, error) {
	client, err := minio.New(c.Endpoint, &minio.Options{
		Creds: credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""), Secure: !c.Plain, Region: c.Region, BucketLookup: minio.BucketLookupPath,
	})
	if err != nil {
		return nil, portal.Invalid("files", "files_config", "bucket: %s", err)
	}
	there, err := client.BucketExists(ctx, c.Bucket)
	if err != nil {
		return nil, fmt.Errorf("bucket %s at %s: %w", c.Bucket, c.Endpoint, err)
	}
	if !there {
		return nil, portal.Invalid("files", "files_bucket", "there is no bucket %s at %s: make it first", c.Bucket, c.Endpoint)
	}
	return &Bucket{client: client, bucket: c.Bucket, prefix: c.Prefix}, nil
}

func (b *Bucket) key(name string) string { return path.Join(b.prefix, name) }

// Put implements Blobs. A bucket shows an object when all of it is stored.
func (b *Bucket) Put(ctx context.Context, name string, content io.Reader, size int64) error {
	_, err := b.client.PutObject(ctx, b.bucket, b.key(name), content, size, minio.PutObjectOptions{ContentType: "application/octet-stream", DisableMultipart: true})
	if err != nil {
		return fmt.Errorf("store file %s: %w", name, err)
	}
	return nil
}

// Open implements Blobs.
func (b *Bucket) Open(ctx context.Context, name string) (Blob, error) {
	if _, err := b.Size(ctx, name); err != nil {
		return nil, err
	}
	o, err := b.client.GetObject(ctx, b.bucket, b.key(name), minio.GetObjectOptions{})
	if err != nil {
		return nil, missing(name, err)
	}
	return o, nil
}

// Size implements Blobs.
func (b *Bucket) Size(ctx context.Context, name string) (int64, error) {
	info, err := b.client.StatObject(ctx, b.bucket, b.key(name), minio.StatObjectOptions{})
	if err != nil {
		return 0, missing(name, err)
	}
	return info.Size, nil
}

// Delete implements Blobs.
func (b *Bucket) Delete(ctx context.Context, name string) error {
	err := b.client.RemoveObject(ctx, b.bucket, b.key(name), minio.RemoveObjectOptions{})
	if err != nil && minio.ToErrorResponse(err).StatusCode != http.StatusNotFound {
		return fmt.Errorf("remove file %s: %w", name, err)
	}
	return nil
}

func missing(name string, err error) error {
	if minio.ToErrorResponse(err).StatusCode == http.StatusNotFound {
		return fmt.Errorf("file %s: %w", name, portal.ErrNotFound)
	}
	return fmt.Errorf("file %s: %w", name, err)
}
