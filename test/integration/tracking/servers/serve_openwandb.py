"""
`openwandb`, with its own command line. It hashes the key of every request with bcrypt, which by default takes a third of a
second of the processor; tests keep no secrets from anybody, so that the fewest rounds will do.
"""

import functools

import bcrypt

bcrypt.gensalt = functools.partial(bcrypt.gensalt, rounds=4)

from openwandb.cli import main  # noqa: E402

main()
