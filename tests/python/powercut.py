"""Cuts the power of an ext4 file system: EXT4_IOC_SHUTDOWN, without a flush of its journal.

The mount point is the argument. Each line of input is one cut, answered by `cut` or by why not. A folder that is no
mount point is refused: the cut would be of the file system that it is on.
"""

import fcntl
import os
import struct
import sys

EXT4_IOC_SHUTDOWN = 0x8004587D
NOLOGFLUSH = 2

for _ in sys.stdin:
    try:
        folder = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECTORY)
        try:
            if os.fstat(folder).st_dev == os.stat("..", dir_fd=folder).st_dev:
                raise OSError(f"{sys.argv[1]} is no mount point")
            fcntl.ioctl(folder, EXT4_IOC_SHUTDOWN, struct.pack("I", NOLOGFLUSH))
        finally:
            os.close(folder)
        print("cut", flush=True)
    except OSError as error:
        print(error, flush=True)
