"""Parts that pages are put together from. Each part draws what it is given; none of them reads a table."""
