"""`python -m tests`: all of them, and at the end how many in the words that .ci/run adds up."""

import sys
import unittest
from pathlib import Path

here = Path(__file__).resolve().parent
found = unittest.defaultTestLoader.discover(str(here), top_level_dir=str(here.parent))
result = unittest.TextTestRunner().run(found)
failed = len(result.failures) + len(result.errors)
print(f"# pass {result.testsRun - failed}\n# fail {failed}")
sys.exit(0 if result.wasSuccessful() else 1)
