#!/usr/bin/python3
"""Compares clipsearch's towers with PyTorch's, eager, side by side: the same checkpoint, batches, threads and machine.

    bench/encode_torch.py CLIPSEARCH MODEL_DIR [ROUNDS]

MODEL_DIR is a checkpoint in Hugging Face's layout with model.safetensors in F32, such as `clipsearch model init --arch
vit-b-32 DIR` writes. Needs PyTorch (Debian: python3-torch). The model is written down here as transformers 4.x runs it.
"""
import json, os, statistics, struct, subprocess, sys, time
import torch
import torch.nn.functional as F

torch.set_grad_enabled(False)
torch.set_num_threads(len(os.sched_getaffinity(0)))  # by itself it takes one thread on some virtual machines


def load(directory):
    data = open(directory + "/model.safetensors", "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    tensors = {}
    for name, t in json.loads(data[8 : 8 + n]).items():
        if name != "__metadata__":
            a, b = t["data_offsets"]
            assert t["dtype"] == "F32", "the checkpoint must be F32"
            tensors[name] = torch.frombuffer(bytearray(data[8 + n + a : 8 + n + b]), dtype=torch.float32).reshape(t["shape"])
    return tensors


class Towers:
    def __init__(self, directory, dtype):
        self.config = json.load(open(directory + "/config.json"))
        self.w = {k: v.to(dtype) for k, v in load(directory).items() if v.numel() > 0}
        self.dtype = dtype

    def linear(self, x, name):
        return F.linear(x, self.w[name + ".weight"], self.w.get(name + ".bias"))

    def norm(self, x, name):
        return F.layer_norm(x, x.shape[-1:], self.w[name + ".weight"], self.w[name + ".bias"], 1e-5)

    def stack(self, x, prefix, config, mask=None):
        b, t, w = x.shape
        heads = config["num_attention_heads"]
        split = lambda y: y.view(b, t, heads, w // heads).transpose(1, 2)
        for i in range(config["num_hidden_layers"]):
            p = f"{prefix}.encoder.layers.{i}."
            h = self.norm(x, p + "layer_norm1")
            q = split(self.linear(h, p + "self_attn.q_proj") * (w // heads) ** -0.5)
            k, v = split(self.linear(h, p + "self_attn.k_proj")), split(self.linear(h, p + "self_attn.v_proj"))
            scores = q @ k.transpose(2, 3)
            if mask is not None:
                scores = scores + mask
            h = (scores.softmax(-1) @ v).transpose(1, 2).reshape(b, t, w)
            x = x + self.linear(h, p + "self_attn.out_proj")
            h = self.linear(self.norm(x, p + "layer_norm2"), p + "mlp.fc1")
            x = x + self.linear(h * torch.sigmoid(1.702 * h), p + "mlp.fc2")
        return x

    def images(self, pixels):
        c = self.config["vision_config"]
        e = "vision_model.embeddings."
        x = F.conv2d(pixels, self.w[e + "patch_embedding.weight"], stride=c["patch_size"]).flatten(2).transpose(1, 2)
        x = torch.cat([self.w[e + "class_embedding"].expand(x.shape[0], 1, -1), x], 1) + self.w[e + "position_embedding.weight"]
        x = self.stack(self.norm(x, "vision_model.pre_layrnorm"), "vision_model", c)
        return self.linear(self.norm(x[:, 0], "vision_model.post_layernorm"), "visual_projection")

    def texts(self, ids):
        c = self.config["text_config"]
        e = "text_model.embeddings."
        t = ids.shape[1]
        x = F.embedding(ids, self.w[e + "token_embedding.weight"]) + self.w[e + "position_embedding.weight"][:t]
        mask = torch.full((t, t), float("-inf")).triu(1).to(self.dtype)
        x = self.norm(self.stack(x, "text_model", c, mask), "text_model.final_layer_norm")
        return self.linear(x[:, -1], "text_projection")


def median(call, least=5, enough=4.0):
    call()
    times, began = [], time.perf_counter()
    while len(times) < least or (time.perf_counter() - began < enough and len(times) < 50):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main():
    program, directory = sys.argv[1:3]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    print("torch", torch.__version__, "threads", torch.get_num_threads())
    towers = {"f32": Towers(directory, torch.float32), "bf16": Towers(directory, torch.bfloat16)}
    side = towers["f32"].config["vision_config"]["image_size"]
    rates = {}
    for _ in range(rounds):
        for precision, t in towers.items():
            ours = json.loads(subprocess.check_output(
                [program, "bench", "encode", "--json", "--model", directory, "--device", "cpu", "--precision", precision, "--batch", "16,32"]))
            for r in ours["images"]:
                rates.setdefault(f"clipsearch {precision} images/s, batch {r['batch']}", []).append(r["per_second"])
                rates.setdefault(f"clipsearch {precision} share of its layers' rate, batch {r['batch']}", []).append(r["gflops"] / r["layers_gflops"])
                rates.setdefault(f"clipsearch {precision} layers GFLOP/s, batch {r['batch']}", []).append(r["layers_gflops"])
            rates.setdefault(f"clipsearch {precision} ms, query of 7 tokens", []).append(ours["query"]["p50_ms"])
            for batch in (16, 32):
                pixels = torch.randn(batch, 3, side, side).to(t.dtype)
                rates.setdefault(f"torch {precision} images/s, batch {batch}", []).append(batch / median(lambda: t.images(pixels)))
            ids = torch.randint(0, 40000, (1, 77))
            rates.setdefault(f"torch {precision} ms, text of 77 tokens", []).append(1e3 * median(lambda: t.texts(ids)))
            rates.setdefault(f"torch {precision} ms, text of 7 tokens", []).append(1e3 * median(lambda: t.texts(ids[:, :7])))
    for name, values in rates.items():
        print(f"{name}: {statistics.median(values):.3g}", "" if len(values) == 1 else [float(f"{v:.3g}") for v in values])


main()
