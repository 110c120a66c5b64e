"""The system's wall: what the kernel refuses this process, whatever code it runs.

The language is the first wall. This one stands behind it, for programs that come from elsewhere:
Landlock bounds the folders, a seccomp filter the system calls. It rests on nothing of the project.
"""
