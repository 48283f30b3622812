#!/bin/bash
# A short run of the kill test; bench/run does 200 kills.
exec bash "$(dirname "$0")/kill.sh" 12 7
