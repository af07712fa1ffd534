"""The representative's pages. No cookie: the authority of a POST is the signed link in its address."""
