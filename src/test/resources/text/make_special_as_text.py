"""Writes special_as_text.json: texts with names of special tokens, encoded as ordinary text.

    python make_special_as_text.py      (Hugging Face's tokenizers)
"""

import json
import pathlib

import tokenizers

HERE = pathlib.Path(__file__).parent
TEXTS = [
    "<bos>",
    "a<end_of_turn>b",
    "<start_of_turn>model\nHello<end_of_turn>\n",
    " <start_of_turn> user",
    "<<end_of_turn>>",
    "<end_of_turn><end_of_turn>",
    "</b><eos><b>\n\n\n<pad>  <unk>",
    "<start_of_image><end_of_image>",
    "日本<end_of_turn>語 🙂<bos>",
    "<end_of_turn",
    "a<image_soft_token>",
    "no name",
]


def main():
    result = {}
    for name in ("gemma1_mha", "gemma3_mqa"):
        path = HERE.parent / "golden" / "tiny" / name / "tokenizer.json"
        tokenizer = tokenizers.Tokenizer.from_file(str(path))
        tokenizer.encode_special_tokens = True
        result[name] = [
            {"text": text, "ids": tokenizer.encode(text, add_special_tokens=False).ids}
            for text in TEXTS
        ]
    (HERE / "special_as_text.json").write_text(json.dumps(result, indent=0) + "\n")


if __name__ == "__main__":
    main()
