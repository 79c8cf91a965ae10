# The same training step in PyTorch, eager, f32: the peer that doc/tuning.md compares with. Debian 12's python3-torch is 1.13.
# usage: torch113.py [STEPS]; prints one line of JSON.
import json
import math
import sys
import time

import torch
from torch import nn

STEPS = int(sys.argv[1]) if len(sys.argv) > 1 else 3
BATCH = 32
SHAPES = {  # image side, patch, width, layers, heads; text width, layers, heads, vocabulary, tokens; dims
    "vit-b-32": (224, 32, 768, 12, 12, 512, 12, 8, 49408, 77, 512),
    "vit-s-16-96": (96, 16, 192, 6, 3, 192, 3, 3, 8514, 77, 192),
}


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x, mask=None):
        h = self.norm1(x)
        x = x + self.attention(h, h, h, need_weights=False, attn_mask=mask)[0]
        return x + self.mlp(self.norm2(x))


class Clip(nn.Module):
    def __init__(self, side, patch, width, layers, heads, text, text_layers, text_heads, vocabulary, tokens, dims):
        super().__init__()
        self.patches = nn.Conv2d(3, width, patch, patch, bias=False)
        self.cls = nn.Parameter(torch.randn(width) * width**-0.5)
        self.positions = nn.Parameter(torch.randn((side // patch) ** 2 + 1, width) * width**-0.5)
        self.pre, self.post, self.final = nn.LayerNorm(width), nn.LayerNorm(width), nn.LayerNorm(text)
        self.image = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.text = nn.ModuleList(Block(text, text_heads) for _ in range(text_layers))
        self.words, self.places = nn.Embedding(vocabulary, text), nn.Parameter(torch.randn(tokens, text) * 0.01)
        self.project_image, self.project_text = nn.Linear(width, dims, bias=False), nn.Linear(text, dims, bias=False)
        self.scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))
        self.register_buffer("mask", torch.full((tokens, tokens), -math.inf).triu(1))

    def forward(self, pixels, ids, ends):
        x = self.patches(pixels).flatten(2).transpose(1, 2)
        x = self.pre(torch.cat([self.cls.expand(len(x), 1, -1), x], 1) + self.positions)
        for block in self.image:
            x = block(x)
        image = nn.functional.normalize(self.project_image(self.post(x[:, 0])), dim=-1)
        y = self.words(ids) + self.places
        for block in self.text:
            y = block(y, self.mask)
        text = self.final(y)[torch.arange(len(y)), ends]
        return self.scale.exp() * image @ nn.functional.normalize(self.project_text(text), dim=-1).t()


def measure(name):
    shape = SHAPES[name]
    torch.manual_seed(1)
    model = Clip(*shape)
    optimizer = torch.optim.AdamW(model.parameters(), 1e-5, betas=(0.9, 0.98), eps=1e-6, weight_decay=0.1)
    pixels = torch.randn(BATCH, 3, shape[0], shape[0])
    ids, ends = torch.randint(0, shape[8], (BATCH, shape[9])), torch.randint(8, 16, (BATCH,))
    times = []
    for _ in range(STEPS + 1):
        start = time.time()
        logits, target = model(pixels, ids, ends), torch.arange(BATCH)
        loss = (nn.functional.cross_entropy(logits, target) + nn.functional.cross_entropy(logits.t(), target)) / 2
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        times.append(time.time() - start)
    return BATCH / sorted(times[1:])[(STEPS - 1) // 2]  # the first step is a warm-up


torch.set_num_threads(2)
print(json.dumps({"torch": torch.__version__, "batch": BATCH, "pictures_per_second": {name: round(measure(name), 2) for name in SHAPES}}))
