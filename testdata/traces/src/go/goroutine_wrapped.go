// A goroutine panics with an error that wraps two others.
package main

import (
	"fmt"
	"os"
	"sync"
)

type indexError struct {
	batch int
	err   error
}

func (e *indexError) Error() string { return fmt.Sprintf("index batch %d: %v", e.batch, e.err) }
func (e *indexError) Unwrap() error { return e.err }

func load(path string) error {
	_, err := os.ReadFile(path)
	return err
}

func work(done *sync.WaitGroup) {
	if err := load("/nonexistent/model.bin"); err != nil {
		panic(&indexError{17, fmt.Errorf("load model: %w", err)})
	}
	done.Done()
}

func main() {
	var done sync.WaitGroup
	done.Add(1)
	go work(&done)
	done.Wait()
}
