"""Templates of the site and the readers' own phrases."""
