"""Writes ids.json: what Hugging Face's tokenizers make of texts with the tokenizer beside this.

    python make_ids.py      (Hugging Face's tokenizers)

The tokenizer is what TokenizerTrainingTest trains on training.txt.
"""

import json
import pathlib

import tokenizers

HERE = pathlib.Path(__file__).parent
TEXTS = [
    "",
    " ",
    "  ",
    "a",
    " a",
    "  a",
    "Emma Woodhouse, handsome, clever, and rich",
    "one  two   three    four     five      six       seven        eight",
    " " * 16 + "x",
    " " * 17,
    " " * 40 + "y" + " " * 33,
    "line\nline\n\nline\n\n\nline\r\nline\r\n\r\nline\rline",
    "\n \n  \n\t\n",
    "\ttab\t\ttabs\t\t\t",
    "In 1811 there were 3.14159 (about 22/7) of them: 1,234,567.",
    "١٢٣ ⅷ ½ ²",
    "don't, 'tis, we'll, O'Hara -- \"quoted\" (said she);",
    "Été naïve café déjà vu Größe Straße Привет мир",
    "日本語の文、日本の本。中文字符",
    "e\u0301 e\u0301 \u0301",
    "🙂 👍🏽 👩‍👩‍👧‍👦 🇫🇷",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 \U0010fffd \ue000",
    "\u00a0\u2003\u3000\u200b\u200d\ufeff\u2028\u2029",
    "\x00\x01\x7f\x80\x85\x9f",
    "\ufffd\ufffe\uffff",
    "▁ ▁▁ a▁b ▁a",
    "<0x41> <0x0A> <bos <pad <start_of_turn",
    "<bos>text<eos>",
    "<start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\n",
    "شكرا שלום ไทย हिन्दी ქართული",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!!!!!!!!????....----____",
    "THE the The tHE thethethe",
    "x" * 300 + " " + "yz" * 200,
]


def main():
    tokenizer = tokenizers.Tokenizer.from_file(str(HERE / "tokenizer" / "tokenizer.json"))
    texts = TEXTS + [(HERE / "training.txt").read_text("utf-8")]
    result = []
    for text in texts:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        decoded = tokenizer.decode(ids, skip_special_tokens=False)
        assert decoded == text.replace("▁", " "), text
        result.append({"text": text, "ids": ids})
    (HERE / "ids.json").write_text(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
