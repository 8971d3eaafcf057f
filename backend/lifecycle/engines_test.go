package lifecycle_test

import (
	"os"
	"testing"

	"github.com/citizens-portal/portal/backend/backendtest/engines"
)

var both engines.Both

func TestMain(m *testing.M) { os.Exit(both.Main(m)) }
