"""The tokenizer of a GGUF file as a folder that Nacre's tasks read.

    gguf_tokenizer.py FILE.gguf FOLDER

Needs the package gguf beside transformers.
"""

from __future__ import annotations

import argparse
from pathlib import Path


def main() -> int:
    """Write tokenizer.json and its configuration into a folder."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path, help="model file with a byte-level BPE")
    parser.add_argument("folder", type=Path, help="folder to write")
    chosen = parser.parse_args()
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(chosen.file.parent, gguf_file=chosen.file.name)
    tokenizer.save_pretrained(chosen.folder)
    print(f"{chosen.folder}: {len(tokenizer)} tokens")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
