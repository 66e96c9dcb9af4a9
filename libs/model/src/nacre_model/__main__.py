"""`python -m nacre_model TASK --request request.json`."""

import sys

from nacre_model.entry import main

sys.exit(main(sys.argv[1:]))
