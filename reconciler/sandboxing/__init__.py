"""What makes a process land on the emulator and stay on this machine; `reconciler.sandbox` puts it to use.

`guard` and `clients` are also loaded by their path, in Pythons that have no `reconciler` and may be older than it: they
import nothing but the standard library, and not one another.
"""
