"""How delivered bytes become records: containers, lines, JSON documents, CSV, calendars, dumps; each bad one alone."""
