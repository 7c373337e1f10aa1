"""The one engine behind every door: it turns a question, its parameters and a version into rows."""
