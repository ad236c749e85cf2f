// A deferred function recovers a failed type assertion and panics again with more to say.
package main

import "fmt"

func dimensions(settings map[string]interface{}) int {
	return settings["dimensions"].(int)
}

func start() {
	defer func() {
		if reason := recover(); reason != nil {
			panic(fmt.Sprintf("settings are not usable:\n  %v", reason))
		}
	}()
	fmt.Println("size", dimensions(map[string]interface{}{"dimensions": "many"}))
}

func main() {
	start()
}
