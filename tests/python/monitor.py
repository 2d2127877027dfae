"""What a published monitor reads of lmstat: `license-manager-agent` of the Python package index, as it is.

Usage: monitor.py LMUTIL SERVER FEATURE...

It runs lmutil as that agent does, a feature at a time, and prints what the agent's parser made of each as JSON.
"""

import json
import subprocess
import sys

from lm_agent.parsing import flexlm


def main():
    lmutil, server, *features = sys.argv[1:]
    read = {}
    for feature in features:
        command = [lmutil, "lmstat", "-c", server, "-f", feature]
        done = subprocess.run(command, capture_output=True, check=True, timeout=30)
        read[feature] = flexlm.parse(str(done.stdout, encoding="UTF8"))
    print(json.dumps(read))


main()
