"""Recreate smollm2.json: what two other programs say about SmolLM2, to check ours against.

llama.cpp cuts the texts into tokens; PyTorch and transformers run the network on the same file,
with the weights unpacked to float32. Neither shares code with celltoken. In an environment of its
own (about 1 GB):

    pip install torch==2.13.0 transformers==5.23.0 accelerate==1.15.0 gguf==0.19.0 \
        xllamacpp==2026.10.11549
    python make_smollm2.py SmolLM2-135M-Instruct.Q4_1.gguf
"""

import json
import sys
import urllib.request
from pathlib import Path

import torch
import xllamacpp
from transformers import AutoModelForCausalLM

TEXTS = [
    "The capital of France is",
    "A cell, like a word, is known by the company it keeps.",
    "In 1984, 2,700 cells cost $3.50 each; by 2026 it's 42% less!",
    "Zoë said: “naïve T‑cells aren't naïve” — 細胞 🧬 ﬁn.",
    "def depth(x):\n    return x +     12345  # five spaces, then digits\n\n\n",
    "hot -> cold\nbig -> small\nfast -> slow\nup ->",
    "   Spaces first, TABS\there, CamelCaseWords and snake_case_words too.  ",
]
ATTENTION_LAYER = 10  # counted from 1
ATTENTION_TEXT = 1


def rounded(tensor, digits=4):
    return json.loads(json.dumps(tensor.tolist()), parse_float=lambda x: round(float(x), digits))


def start_llama(path):
    settings = xllamacpp.CommonParams()
    settings.model.path, settings.n_ctx, settings.warmup = str(path), 512, False
    return xllamacpp.Server(settings)


def tokenize(llama, text):
    question = json.dumps({"content": text, "add_special": False}).encode()
    request = urllib.request.Request(
        f"{llama.listening_address}/tokenize", question, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["tokens"]


def main(path):
    llama = start_llama(path)
    model = AutoModelForCausalLM.from_pretrained(
        path.parent, gguf_file=path.name, dtype=torch.float32, attn_implementation="eager"
    )
    torch.set_num_threads(1)
    cases = []
    for number, text in enumerate(TEXTS):
        ids = tokenize(llama, text)
        with torch.no_grad():
            out = model(torch.tensor([ids]), output_hidden_states=True, output_attentions=True)
        logs = out.logits[0].log_softmax(-1)
        best = logs[-1].topk(5)
        case = {
            "text": text,
            "ids": ids,
            "log_probabilities": rounded(logs[range(len(ids) - 1), ids[1:]]),
            "next_ids": best.indices.tolist(),
            "next_log_probabilities": rounded(best.values),
            # One number and three coordinates of the last token in each of the 31 layers.
            "state_norms": rounded(torch.stack(out.hidden_states)[:, 0, -1].norm(dim=-1)),
            "state_starts": rounded(torch.stack(out.hidden_states)[:, 0, -1, :3]),
        }
        if number == ATTENTION_TEXT:
            case["attention_layer"] = ATTENTION_LAYER
            case["attention"] = rounded(out.attentions[ATTENTION_LAYER - 1][0, :, -1])
        cases.append(case)
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    Path(__file__).with_name("smollm2.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
