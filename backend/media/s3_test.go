//go:build s3

package media_test

import (
	"os"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/citizens-portal/portal/backend/media"
)

// TestBucket runs against a real gateway, on demand: docs/design/attachments.md
// says how.
func TestBucket(t *testing.T) {
	c := media.S3Config{
		Endpoint: os.Getenv("PORTAL_TEST_S3"), Bucket: "portal-test", Region: "us-east-1", Prefix: "files/", Plain: true,
		AccessKey: os.Getenv(media.EnvAccessKey), SecretKey: os.Getenv(media.EnvSecretKey),
	}
	if _, err := media.OpenBucket(t.Context(), media.S3Config{Endpoint: c.Endpoint, Bucket: "no-such-bucket", Region: c.Region, Plain: true, AccessKey: c.AccessKey, SecretKey: c.SecretKey}); err == nil {
		t.Error("a bucket that is not there was opened")
	}
	client, err := minio.New(c.Endpoint, &minio.Options{Creds: credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""), Region: c.Region})
	if err != nil {
		t.Fatal(err)
	}
	if there, err := client.BucketExists(t.Context(), c.Bucket); err != nil {
		t.Fatal(err)
	} else if !there {
		if err := client.MakeBucket(t.Context(), c.Bucket, minio.MakeBucketOptions{Region: c.Region}); err != nil {
			t.Fatal(err)
		}
	}
	b, err := media.OpenBucket(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	exerciseBlobs(t, b)
}
