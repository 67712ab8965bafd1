#!/bin/sh
# Opens the wizard; it lies beside the program, wherever that is, and may be linked to.
exec "$(dirname "$(readlink -f "$0")")/enroller" wizard "$@"
