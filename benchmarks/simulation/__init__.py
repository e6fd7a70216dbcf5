"""Weeks of iwmon on a fake clock: what happens, the process that is killed, and the accounts afterwards."""
