# What the training of encode/torch and the schedule of tune are held to: a tiny CLIP written with PyTorch's own modules, its loss
# and gradients, and steps of torch.optim.AdamW with PyTorch's clipping and schedules, in f64. Debian 12's python3-torch is 1.13.
# usage: /usr/bin/python3 bench/training/golden.py   (in the repository; writes the two files named at the end)
import json
import math

import torch
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
EPS = 1e-5
MEAN, STD = [0.48, 0.46, 0.41], [0.27, 0.26, 0.28]
SIDE, PATCH, DIMS, VOCAB, CONTEXT = 4, 2, 3, 11, 6
VISION = {"width": 4, "layers": 2, "heads": 2, "mlp": 6}
TEXT = {"width": 6, "layers": 2, "heads": 3, "mlp": 8}
TEXTS = [[9, 1, 10], [9, 2, 3, 4, 10], [9, 5, 10], [9, 2, 3, 4, 10], [9, 6, 7, 8, 0, 10]]
PICTURES, CAPTIONS = [0, 1, 2, 3, 2], [0, 1, 2, 1, 4]  # samples 2 and 4 show one picture, 1 and 3 say the same


class Block(nn.Module):
    def __init__(self, shape, activation):
        super().__init__()
        width = shape["width"]
        self.layer_norm1, self.layer_norm2 = nn.LayerNorm(width, EPS), nn.LayerNorm(width, EPS)
        self.attention = nn.MultiheadAttention(width, shape["heads"], batch_first=True)
        self.fc1, self.fc2 = nn.Linear(width, shape["mlp"]), nn.Linear(shape["mlp"], width)
        self.activation = activation

    def forward(self, x, mask=None):
        h = self.layer_norm1(x)
        x = x + self.attention(h, h, h, attn_mask=mask, need_weights=False)[0]
        h = self.fc1(self.layer_norm2(x))
        h = h * torch.sigmoid(1.702 * h) if self.activation == "quick_gelu" else F.gelu(h)
        return x + self.fc2(h)


class Clip(nn.Module):
    def __init__(self, activation):
        super().__init__()
        v, t = VISION["width"], TEXT["width"]
        self.class_embedding = nn.Parameter(torch.randn(v))
        self.patches = nn.Conv2d(3, v, PATCH, PATCH, bias=False)
        self.vision_positions = nn.Parameter(torch.randn((SIDE // PATCH) ** 2 + 1, v))
        self.pre, self.post, self.final = nn.LayerNorm(v, EPS), nn.LayerNorm(v, EPS), nn.LayerNorm(t, EPS)
        self.vision = nn.ModuleList(Block(VISION, activation) for _ in range(VISION["layers"]))
        self.words, self.text_positions = nn.Embedding(VOCAB, t), nn.Parameter(torch.randn(CONTEXT, t))
        self.text = nn.ModuleList(Block(TEXT, activation) for _ in range(TEXT["layers"]))
        self.visual_projection, self.text_projection = nn.Linear(v, DIMS, bias=False), nn.Linear(t, DIMS, bias=False)
        self.logit_scale = nn.Parameter(torch.tensor(0.0))
        for p in self.parameters():  # norms and biases, too: none shall be 1 or 0
            p.data = (p.data + 0.3 * torch.randn_like(p)).float().double()  # exact in f32

    def forward(self, pixels):
        x = self.patches(pixels).flatten(2).transpose(1, 2)
        x = self.pre(torch.cat([self.class_embedding.expand(len(x), 1, -1), x], 1) + self.vision_positions)
        for block in self.vision:
            x = block(x)
        pictures = F.normalize(self.visual_projection(self.post(x[:, 0])), dim=-1)
        texts = []
        for ids in TEXTS:  # one by one, so that nothing is padded
            y = self.words(torch.tensor([ids])) + self.text_positions[: len(ids)]
            mask = torch.full((len(ids), len(ids)), -math.inf).triu(1)
            for block in self.text:
                y = block(y, mask)
            texts.append(self.text_projection(self.final(y)[:, -1]))
        return self.logit_scale.exp() * pictures @ F.normalize(torch.cat(texts), dim=-1).t()

    def named(self):
        """The parameters by their names in a checkpoint, and whether they are matrices that decay."""
        yield "logit_scale", self.logit_scale, False
        yield "visual_projection.weight", self.visual_projection.weight, True
        yield "text_projection.weight", self.text_projection.weight, True
        yield "vision_model.embeddings.class_embedding", self.class_embedding, False
        yield "vision_model.embeddings.patch_embedding.weight", self.patches.weight, True
        yield "vision_model.embeddings.position_embedding.weight", self.vision_positions, False
        yield "text_model.embeddings.token_embedding.weight", self.words.weight, True
        yield "text_model.embeddings.position_embedding.weight", self.text_positions, False
        for name, norm in ("vision_model.pre_layrnorm", self.pre), ("vision_model.post_layernorm", self.post), ("text_model.final_layer_norm", self.final):
            yield name + ".weight", norm.weight, False
            yield name + ".bias", norm.bias, False
        for tower, blocks in ("vision_model", self.vision), ("text_model", self.text):
            for i, block in enumerate(blocks):
                prefix = f"{tower}.encoder.layers.{i}."
                for name in "layer_norm1", "layer_norm2":
                    yield prefix + name + ".weight", getattr(block, name).weight, False
                    yield prefix + name + ".bias", getattr(block, name).bias, False
                for name, layer in ("self_attn.out_proj", block.attention.out_proj), ("mlp.fc1", block.fc1), ("mlp.fc2", block.fc2):
                    yield prefix + name + ".weight", layer.weight, True
                    yield prefix + name + ".bias", layer.bias, False
                yield prefix + "self_attn.in_proj.weight", block.attention.in_proj_weight, True  # PyTorch has the three in one
                yield prefix + "self_attn.in_proj.bias", block.attention.in_proj_bias, False


def numbers(values, digits=7):
    """The values by name, in_proj cut into the three that a checkpoint has."""
    out = {}
    for name, x in values:
        parts = zip("qkv", x.chunk(3)) if "in_proj" in name else [("", x)]
        for letter, part in parts:
            out[name.replace("in_proj", letter + "_proj")] = [float(f"{v:.{digits}g}") for v in part.detach().flatten().tolist()]
    return out


def targets():
    same = [[float(PICTURES[i] == PICTURES[j] or CAPTIONS[i] == CAPTIONS[j]) for j in range(len(TEXTS))] for i in range(len(TEXTS))]
    return F.normalize(torch.tensor(same), p=1, dim=1)


def rates(peak, warmup, steps, schedule, floor):
    """The learning rates of all steps: LinearLR up to the peak, then one of PyTorch's schedules."""

    def follow(make, count):
        optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=peak)
        scheduler = make(optimizer)
        for _ in range(count):
            yield optimizer.param_groups[0]["lr"]
            optimizer.step()
            scheduler.step()

    out, left = [], steps - warmup
    if warmup > 0:
        out += follow(lambda o: torch.optim.lr_scheduler.LinearLR(o, 1 / warmup, 1, max(1, warmup - 1)), warmup)
    after = {
        "cosine": lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, left, floor * peak),
        "linear": lambda o: torch.optim.lr_scheduler.LinearLR(o, 1, floor, left),
        "constant": lambda o: torch.optim.lr_scheduler.ConstantLR(o, 1, left),
    }[schedule]
    return out + list(follow(after, left))


def train(name, seed, activation, clip, decay, scale, most, schedule):
    torch.manual_seed(seed)
    model = Clip(activation)
    model.logit_scale.data.fill_(scale).copy_(model.logit_scale.float().double())
    raw = torch.randint(0, 256, (len(TEXTS), 3, SIDE, SIDE))
    raw[4] = raw[2]
    mean, std = (torch.tensor(x).view(3, 1, 1) for x in (MEAN, STD))
    pixels = (raw.double() / 255 - mean) / std
    matrices = [p for _, p, decays in model.named() if decays]
    others = [p for _, p, decays in model.named() if not decays]
    assert sum(p.numel() for p in matrices + others) == sum(p.numel() for p in model.parameters())
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": decay}, {"params": others, "weight_decay": 0}], lr=1, betas=(0.9, 0.98), eps=1e-6
    )
    case = {"name": name, "activation": activation, "clip": clip, "decay": decay, "max_scale": most, "pixels": raw.flatten().tolist(), "steps": []}
    case["weights"] = numbers(((n, p) for n, p, _ in model.named()), 9)
    clipped, clamped = [], []
    for rate in schedule:
        logits, target = model(pixels), targets()
        loss = (F.cross_entropy(logits, target) + F.cross_entropy(logits.t(), target)) / 2
        optimizer.zero_grad()
        loss.backward()
        if not case["steps"]:
            case["gradient"] = numbers((n, p.grad) for n, p, _ in model.named())
        norm = nn.utils.clip_grad_norm_(model.parameters(), clip or math.inf).item()
        step = {"rate": rate, "loss": loss.item(), "norm": norm, "scale": model.logit_scale.item()}
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
        clamped.append(model.logit_scale.item() > most)
        model.logit_scale.data.clamp_(max=most)
        clipped.append(clip > 0 and norm > clip)
        if not case["steps"]:
            case["after_one"] = numbers((n, p) for n, p, _ in model.named())
        case["steps"].append(step)
    case["after_all"] = numbers((n, p) for n, p, _ in model.named())
    print(name, "norms", [round(s["norm"], 2) for s in case["steps"]], "scales", [round(s["scale"], 3) for s in case["steps"]])
    print("  clipped", clipped, "clamped", clamped)
    return case, clipped, clamped


first, clipped, clamped = train("clipped", 1, "quick_gelu", 2.5, 0.2, 2.6592, 2.645, rates(0.02, 3, 12, "cosine", 0))
assert any(clipped) and not all(clipped) and any(clamped) and not all(clamped), "the case shall have steps that are clipped, some that are not, and a clamped scale"
second, clipped, _ = train("free", 2, "gelu", 0, 0.1, 2.6592, math.log(100), rates(0.02, 0, 8, "linear", 0.1))
assert not any(clipped)
with open("encode/torch/testdata/adamw.json", "w") as f:
    json.dump({"torch": torch.__version__, "eps": EPS, "mean": MEAN, "std": STD, "side": SIDE, "patch": PATCH, "dims": DIMS, "vocab": VOCAB,
               "context": CONTEXT, "vision": VISION, "text": TEXT, "texts": TEXTS, "pictures": PICTURES, "captions": CAPTIONS,
               "cases": [first, second]}, f, separators=(",", ":"))
    f.write("\n")
plans = [
    {"rate": 5e-5, "warmup": 10, "steps": 40, "schedule": "cosine", "floor": 0},
    {"rate": 1e-3, "warmup": 5, "steps": 25, "schedule": "cosine", "floor": 0.1},
    {"rate": 5e-6, "warmup": 4, "steps": 30, "schedule": "linear", "floor": 0},
    {"rate": 2e-4, "warmup": 0, "steps": 12, "schedule": "linear", "floor": 0.25},
    {"rate": 3e-4, "warmup": 1, "steps": 9, "schedule": "constant", "floor": 0},
]
for plan in plans:
    plan["rates"] = rates(plan["rate"], plan["warmup"], plan["steps"], plan["schedule"], plan["floor"])
with open("tune/testdata/schedule.json", "w") as f:
    json.dump({"torch": torch.__version__, "plans": plans}, f, indent=1)
    f.write("\n")
