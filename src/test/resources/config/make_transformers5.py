"""Rewrites configs in the style of transformers 5: python make_transformers5.py > transformers5.json

The configs are those of ../golden and one that states the sizes only; transformers itself reads
them and writes them out in full. Made with transformers 5.23.0.
"""

import json
import pathlib
import tempfile

from transformers import AutoConfig

golden = pathlib.Path(__file__).parent.parent / "golden"


def rewritten(config):
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "config.json").write_text(json.dumps(config))
        AutoConfig.from_pretrained(folder).save_pretrained(folder)
        return json.loads((pathlib.Path(folder) / "config.json").read_text())


released = {
    folder.name: json.loads((folder / "config.json").read_text())
    for folder in sorted((golden / "tiny").iterdir())
    if "gemma" in folder.name  # transformers has no glam
}
for name, row in json.loads((golden / "tables" / "configs.json").read_text()).items():
    if row["config"]["model_type"].startswith(("gemma", "recurrent_gemma")):
        released[name] = row["config"]
released["sparse"] = {
    "model_type": "gemma3",
    "text_config": {"hidden_size": 2560, "intermediate_size": 10240, "num_hidden_layers": 34},
}

print(json.dumps({name: rewritten(config) for name, config in released.items()}, indent=1))
