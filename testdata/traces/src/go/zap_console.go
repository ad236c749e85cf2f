// Zap's development logger prints an error of pkg/errors, then the stack of the call that logged it.
package main

import (
	"github.com/pkg/errors"
	"go.uber.org/zap"
)

var errQuota = errors.New("quota exhausted")

func embed(text string) error {
	return errors.Wrapf(errQuota, "embed %q", text)
}

func main() {
	log, _ := zap.NewDevelopment()
	log.Info("starting", zap.Int("batch", 17))
	if err := embed("x"); err != nil {
		log.Error("batch failed", zap.Error(err))
	}
	log.Info("stopping")
}
