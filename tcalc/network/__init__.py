"""Fetching files by https from public hosts, where the user allowed it with --allow-net.

`urls` says what may be asked for, `addresses` where a host may be, `client` asks, and `download`
writes what comes to a file: whole, of the size and with the hash that are expected, or not at all.
"""
