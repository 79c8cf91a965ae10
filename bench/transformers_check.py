#!/usr/bin/env python3
"""Holds a checkpoint that clipsearch wrote against Hugging Face's transformers: does it load there, and give the same vectors?

    python3 -m venv v && v/bin/pip install torch torchvision transformers
    v/bin/python bench/transformers_check.py ./clipsearch MODEL_DIR... [--pictures FILE...]
    v/bin/python bench/transformers_check.py --golden ./clipsearch MODEL_DIR > encode/checkpoint/testdata/transformers.json

For each directory: CLIPModel, CLIPProcessor and both of its tokenizers load it without a missing, left-over or misshapen
weight; the tokenizers agree; texts and pictures get the vectors that `clipsearch embed --precision f32` gives. The pictures
are generated unless some are named: opaque, upright PNGs, since transformers drops transparency and turns nothing upright.
Ends with status 1 if anything differs by more than TEXT or PICTURE below.
"""
import argparse, json, os, subprocess, sys, tempfile

import numpy as np
import torch
import transformers
from PIL import Image
from transformers import CLIPModel, CLIPProcessor, CLIPTokenizer, CLIPTokenizerFast

TEXT = 2e-5  # largest difference of an element of a unit vector; both compute in f32
PICTURE = 2e-3  # the same; transformers 5 resizes with torchvision, whose bicubic rounds otherwise than Pillow's

TEXTS = [
    "a dog in the snow",
    "An aerial photograph of baseballdiamond",
    "it's 20 o'clock, they'll've gone!!",
    "  spaces\tand\nlines  ",
    "ÉCOLE naïve Straße — “quoted” … ½",
    "東京タワー и Красная площадь 🦊🏔️",
    "<|endoftext|> as a word",
    "",
    "very " * 90 + "long",
]


def pictures(folder):
    """Three smooth pictures with edges in them: wide, tall, and smaller than most towers' input."""
    paths = []
    for width, height in (640, 360), (233, 500), (61, 67):
        y, x = np.mgrid[0:height, 0:width]
        rgb = np.stack([x * 255 / width, y * 255 / height, 127 + 127 * np.sin(x / 17 + y / 29)], -1)
        rgb[height // 3 : height // 2, width // 4 : width // 3] = (250, 30, 60)
        paths.append(os.path.join(folder, f"{width}x{height}.png"))
        Image.fromarray(rgb.astype(np.uint8)).save(paths[-1])
    return paths


def embed(program, model, kind, inputs):
    command = [program, "embed", "--json", "--precision", "f32", "--device", "cpu", "--model", model, "--" + kind, "--", *inputs]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return np.array([json.loads(line)["vector"] for line in out.splitlines()])


def unit(features):
    features = getattr(features, "pooler_output", features)  # transformers 5 returns an object
    return (features / features.norm(dim=-1, keepdim=True)).numpy()


def check(program, directory, files):
    """Returns what is wrong with a directory, and prints how far the vectors are apart."""
    model, info = CLIPModel.from_pretrained(directory, output_loading_info=True)
    wrong = [f"{what}: {sorted(names)}" for what, names in info.items() if names]
    model = model.float().eval()
    processor = CLIPProcessor.from_pretrained(directory)
    fast, slow = CLIPTokenizerFast.from_pretrained(directory), CLIPTokenizer.from_pretrained(directory)
    for text in TEXTS:
        ids = [t(text, truncation=True).input_ids for t in (processor.tokenizer, fast, slow)]
        # Before transformers 5 the slow one, with neither ftfy nor an argument, takes other scripts apart by itself.
        if ids[0] != ids[1] or ids[0] != ids[2] and text.isascii():
            wrong.append(f"the tokenizers differ on {text!r}: {ids}")
    with torch.no_grad():
        # One by one, and one together with the others: padding must not change a vector.
        each = [unit(model.get_text_features(**processor(text=[t], return_tensors="pt", truncation=True)))[0] for t in TEXTS]
        together = unit(model.get_text_features(**processor(text=TEXTS, return_tensors="pt", padding=True, truncation=True)))
        images = [Image.open(f).convert("RGB") for f in files]
        seen = unit(model.get_image_features(**processor(images=images, return_tensors="pt")))
    ours_text, ours_image = embed(program, directory, "text", TEXTS), embed(program, directory, "image", files)
    for name, a, b, most in [
        ("text", np.array(each), ours_text, TEXT),
        ("text, padded", together, ours_text, TEXT),
        ("picture", seen, ours_image, PICTURE),
    ]:
        apart = np.abs(a - b).max(1)
        print(f"  {name}: largest difference {apart.max():.1e}, lowest cosine {(a * b).sum(1).min():.7f}")
        for i in np.flatnonzero(~(apart <= most)):
            wrong.append(f"{name} {(TEXTS if 'text' in name else files)[i]!r}: differs by {apart[i]:.1e}")
    return wrong


def golden(directory):
    """Prints what transformers has in a model of the directory's config.json, and the ids of its tokenizer, as JSON."""
    model = CLIPModel(transformers.CLIPConfig.from_pretrained(directory))
    tokenizer = CLIPTokenizerFast.from_pretrained(directory)
    print(json.dumps({
        "made_by": f"bench/transformers_check.py --golden, transformers {transformers.__version__}",
        "tensors": {name: list(t.shape) for name, t in sorted(model.state_dict().items())},
        "ids": {text: tokenizer(text, truncation=True).input_ids for text in TEXTS},
    }, indent=1, ensure_ascii=False))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("program")
    arguments.add_argument("directories", nargs="+")
    arguments.add_argument("--pictures", nargs="+")
    arguments.add_argument("--golden", action="store_true", help="print what encode/checkpoint's test holds the files to")
    a = arguments.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    if a.golden:
        return golden(a.directories[0])
    print(f"transformers {transformers.__version__}, torch {torch.__version__}")
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        files = a.pictures or pictures(folder)
        for directory in a.directories:
            print(directory)
            try:
                wrong = check(a.program, directory, files)
            except Exception as e:  # whatever transformers says of a directory is the finding
                wrong = [f"{type(e).__name__}: {e}"]
            for w in wrong:
                print("  WRONG:", w)
            failed = failed or bool(wrong)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
