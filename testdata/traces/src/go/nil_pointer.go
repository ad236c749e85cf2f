// A nil pointer is followed after a line of ordinary logging.
package main

import "log"

type client struct{ key string }

type service struct{ provider *client }

func (s *service) embed(text string) string {
	return s.provider.key + text
}

func main() {
	log.Println("serving on :8080")
	s := &service{}
	log.Println(s.embed("x"))
}
