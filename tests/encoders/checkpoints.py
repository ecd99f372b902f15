"""Checkpoints of every family: random weights, small, not square where they need not be, on disk as users have them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, cast

import open_clip
import torch
from open_clip.tokenizer import SimpleTokenizer
from sentencepiece import SentencePieceTrainer
from timm.layers.hybrid_embed import HybridEmbed
from timm.models import register_model
from timm.models.convnext import ConvNeXt
from timm.models.eva import Eva
from timm.models.naflexvit import NaFlexVit, NaFlexVitCfg
from timm.models.swin_transformer import SwinTransformer
from timm.models.vision_transformer import VisionTransformer
from timm.models.vision_transformer_hybrid import ConvStem
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from torch import nn
from transformers import (
    AltCLIPConfig,
    AltCLIPModel,
    BertTokenizer,
    ChineseCLIPConfig,
    ChineseCLIPModel,
    CLIPConfig,
    CLIPImageProcessor,
    CLIPModel,
    CLIPSegConfig,
    CLIPSegModel,
    CLIPTokenizer,
    MetaClip2Config,
    MetaClip2Model,
    PreTrainedTokenizerFast,
    RobertaConfig,
    Siglip2Config,
    Siglip2ImageProcessor,
    Siglip2Model,
    Siglip2Tokenizer,
    SiglipConfig,
    SiglipImageProcessor,
    SiglipModel,
    SiglipTokenizer,
    ViTImageProcessor,
)

from tests.encoders.models import CONFIG, MEAN, SIZE, STD, loud, write_folder

SIZES: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}
SENTENCEPIECE = ["a", "photo", "of", "hydr", "ant", "un", "next", "to", "cat", "dog", "yellow", "black", "two", "s"]


def tokenizer() -> Any:
    """Of the sentencepiece kind, with byte fallback; ends captions with </s> and pads with <pad>."""
    special = ["<pad>", "</s>", "<unk>"]
    single = [f"<0x{byte:02X}>" for byte in range(256)]
    letters = [*"abcdefghijklmnopqrstuvwxyz,.▁小狗"]
    scored = [(piece, -9.0) for piece in (*special, *single, *letters)]
    scored += [(f"{mark}{word}", -2.0) for word in SENTENCEPIECE for mark in ("", "▁")]
    scored = list(dict(scored).items())
    backend = Tokenizer(models.Unigram(scored, unk_id=2, byte_fallback=True))
    backend.normalizer = normalizers.Lowercase()
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    backend.decoder = decoders.Metaspace()
    backend.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    fast: Any = PreTrainedTokenizerFast
    return fast(tokenizer_object=backend, pad_token="<pad>", eos_token="</s>", unk_token="<unk>", padding_side="right")


def roberta_tokenizer() -> Any:
    """Of the sentencepiece kind, with a token at the start, which some towers pool."""
    built = tokenizer()
    built.add_special_tokens({"bos_token": "<s>"})
    ends = [(token, built.convert_tokens_to_ids(token)) for token in ("<s>", "</s>")]
    built.backend_tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=ends)
    return built


def gemma_tokenizer() -> Any:
    """The tokenizer of SigLIP-2 in transformers, with a few merges."""
    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
    pieces = [*special, *(f"<0x{byte:02X}>" for byte in range(256)), *"abcdefghijklmnopqrstuvwxyz,.▁小狗"]
    joined = [(word[:end], word[end]) for word in SENTENCEPIECE for end in range(1, len(word))]
    merges = list(dict.fromkeys([*joined, *(("▁", word) for word in SENTENCEPIECE)]))
    vocabulary = dict.fromkeys([*pieces, *(left + right for left, right in merges)])
    numbered = {piece: i for i, piece in enumerate(vocabulary)}
    gemma: Any = Siglip2Tokenizer
    built = gemma(vocab=numbered, merges=merges, padding_side="right")
    built.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="$A <eos>", special_tokens=[("<eos>", 1)]
    )
    return built


def slow_tokenizer(folder: Path) -> Any:
    """Sentencepiece itself, as the first SigLIP's repositories have it; it drops punctuation and pads with </s>."""
    sentences = ["a photo of a hydrant", "two dogs next to a hydrant", "the quick brown fox jumps over lazy vex box"]
    marks: dict[str, Any] = {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}
    file = folder / "spiece.model"
    with file.open("wb") as model:
        SentencePieceTrainer.train(
            sentence_iterator=iter(sentences),
            model_writer=model,
            model_type="bpe",
            vocab_size=60,
            add_dummy_prefix=False,
            minloglevel=2,
            **marks,
        )
    return SiglipTokenizer(str(file))


def clip_tokenizer() -> Any:
    """The tokenizer of CLIP in transformers, out of the one that open_clip brings along."""
    simple = SimpleTokenizer()
    renamed = {"<start_of_text>": "<|startoftext|>", "<end_of_text>": "<|endoftext|>"}
    vocabulary = {renamed.get(piece, piece): i for piece, i in simple.encoder.items()}
    merges = [pair for pair, _ in sorted(simple.bpe_ranks.items(), key=lambda item: item[1])]
    return CLIPTokenizer(vocab=vocabulary, merges=merges)


def _tiny(build: Any, **options: Any) -> nn.Module:
    chosen = {name: value for name, value in options.items() if name in ("num_classes", "global_pool") and value != ""}
    return _named(build(img_size=tuple(SIZE), embed_dim=32, depth=2, num_heads=4, **chosen))


def _named(model: Any) -> nn.Module:
    """open_clip asks a trunk of timm for its defaults."""
    model.default_cfg = {}
    return cast(nn.Module, model)


def _hybrid(kernels: tuple[int, int]) -> dict[str, Any]:
    """Two convolutions of stride 4 in place of the patch embedding."""
    padding = tuple((kernel - 3) // 2 for kernel in kernels)
    stem = ConvStem(depth=2, channels=(16, 32), kernel_size=kernels, stride=(4, 4), padding=padding)
    return {"patch_size": 1, "embed_layer": partial(HybridEmbed, backbone=stem, proj=False)}


def tiny_siglip(**options: Any) -> nn.Module:
    """Pooled by attention, without a class token."""
    return _tiny(partial(VisionTransformer, patch_size=16, class_token=False, global_pool="map"), **options)


def tiny_eva(**options: Any) -> nn.Module:
    """Rotated positions."""
    return _tiny(partial(Eva, patch_size=16, use_rot_pos_emb=True, ref_feat_shape=(3, 2)), **options)


def tiny_mobileclip(**options: Any) -> nn.Module:
    """Convolutions that stay within a patch, and a class token."""
    return _tiny(partial(VisionTransformer, **_hybrid((4, 4))), **options)


def tiny_vitamin(**options: Any) -> nn.Module:
    """Convolutions that look beyond a patch."""
    return _tiny(partial(VisionTransformer, class_token=False, global_pool="avg", **_hybrid((7, 4))), **options)


def tiny_swin(**options: Any) -> nn.Module:
    """Patches in rows and columns, which are merged on the way."""
    sizes: dict[str, Any] = {"img_size": tuple(SIZE), "patch_size": 4, "embed_dim": 16, "window_size": 2}
    return _named(SwinTransformer(depths=(1, 1), num_heads=(2, 2), num_classes=0, **sizes))


def tiny_naflex(**options: Any) -> nn.Module:
    """Patches that come ready-made, of any number."""
    return _named(NaFlexVit(NaFlexVitCfg(patch_size=16, embed_dim=32, depth=1, num_heads=4), num_classes=0))


def tiny_convnext(**options: Any) -> nn.Module:
    """Convolutions all the way."""
    return _named(ConvNeXt(depths=(1, 1, 1, 1), dims=(8, 16, 24, 32), num_classes=0))


for entrypoint in (tiny_convnext, tiny_siglip, tiny_eva, tiny_mobileclip, tiny_vitamin, tiny_swin, tiny_naflex):
    register_model(entrypoint)


def open_clip_config(trunk: str | None = None, **text: Any) -> dict[str, Any]:
    """An architecture as open_clip writes it, with a trunk of timm, and a text tower of its own."""
    vision: dict[str, Any] = CONFIG["vision_cfg"]
    if trunk is not None:
        vision = {"timm_model_name": trunk, "image_size": SIZE, "timm_pool": "", "timm_proj": "linear"}
        vision |= {"tiny_eva": {"timm_pool": "token"}, "tiny_mobileclip": {"timm_pool": "token"}}.get(trunk, {})
    return {"embed_dim": 24, "custom_text": True, "vision_cfg": vision, "text_cfg": {**CONFIG["text_cfg"], **text}}


def write_open_clip(folder: Path, config: dict[str, Any], seed: int = 0) -> Path:
    """A `local-dir:` with random weights, and a tokenizer where it has one of its own."""
    torch.manual_seed(seed)
    folder.mkdir(parents=True, exist_ok=True)
    if "hf_model_name" in config["text_cfg"]:
        write_roberta(Path(config["text_cfg"]["hf_model_name"]))
    if "hf_tokenizer_name" in config["text_cfg"]:
        tokenizer().save_pretrained(folder)
    built = {key: value for key, value in config.items() if key != "custom_text"}
    built["text_cfg"] = {**built["text_cfg"], "hf_model_pretrained": False}
    return write_folder(folder, loud(open_clip.model.CustomTextCLIP(**built)), config)


SIGLIP_TEXT: dict[str, Any] = {
    "hf_tokenizer_name": "beside the weights",
    "tokenizer_kwargs": {"clean": "canonicalize"},
    "vocab_size": 400,
    "no_causal_mask": True,
    "pool_type": "last",
    "proj_bias": True,
}


def write_siglip(folder: Path) -> Path:
    """SigLIP as open_clip has it: logits have a bias."""
    config = open_clip_config("tiny_siglip", **SIGLIP_TEXT)
    return write_open_clip(folder, {**config, "init_logit_scale": 1.0, "init_logit_bias": -3.0})


def write_roberta(folder: Path) -> None:
    """The configuration of a text tower of transformers inside open_clip."""
    RobertaConfig(vocab_size=400, max_position_embeddings=40, pad_token_id=0, **SIZES).save_pretrained(folder)


def metaclip_2(folder: Path, vision: dict[str, Any]) -> nn.Module:
    """CLIP with a multilingual vocabulary."""
    built = roberta_tokenizer()
    built.save_pretrained(folder)
    ends: dict[str, Any] = {"bos_token_id": built.bos_token_id, "eos_token_id": built.eos_token_id}
    text = {**SIZES, **ends, "max_position_embeddings": 20, "vocab_size": 400, "projection_dim": 24}
    vision = {**vision, "projection_dim": 24}
    return MetaClip2Model(MetaClip2Config(text_config=text, vision_config=vision, projection_dim=24))


def altclip(folder: Path, vision: dict[str, Any]) -> nn.Module:
    """A text tower of RoBERTa, whose positions begin after that of the padding."""
    built = roberta_tokenizer()
    built.save_pretrained(folder)
    text = {**SIZES, "max_position_embeddings": 21, "vocab_size": 400, "pad_token_id": 0, "project_dim": 32}
    return AltCLIPModel(AltCLIPConfig(text_config=text, vision_config=vision, projection_dim=24))


def chinese_clip(folder: Path, vision: dict[str, Any]) -> nn.Module:
    """A text tower of BERT."""
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *SENTENCEPIECE, *"abcdefghijklmnopqrstuvwxyz,.小狗"]
    pieces += [f"##{piece}" for piece in (*SENTENCEPIECE, *"abcdefghijklmnopqrstuvwxyz")]
    bert: Any = BertTokenizer
    bert(vocab={piece: i for i, piece in enumerate(dict.fromkeys(pieces))}).save_pretrained(folder)
    text = {**SIZES, "max_position_embeddings": 20, "vocab_size": 400}
    return ChineseCLIPModel(ChineseCLIPConfig(text_config=text, vision_config=vision, projection_dim=24))


RELATIVES = {"metaclip_2": metaclip_2, "altclip": altclip, "chinese_clip": chinese_clip}
"""Models with CLIP's image tower and another text tower."""


def write_transformers(folder: Path, kind: str) -> Path:
    """A folder of transformers, with tokenizer and image processor, of a type, or "slow siglip"."""
    torch.manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)
    vision = {**SIZES, "image_size": 48, "patch_size": 16}
    normal = {"image_mean": MEAN, "image_std": STD}
    model: Any
    if kind == "clip":
        text = {**SIZES, "max_position_embeddings": 20, "vocab_size": 49408, "eos_token_id": 49407}
        model = CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=24))
        clip_tokenizer().save_pretrained(folder)
        CLIPImageProcessor(size={"shortest_edge": 48}, crop_size=48, **normal).save_pretrained(folder)
    elif kind in RELATIVES:
        model = RELATIVES[kind](folder, vision)
        CLIPImageProcessor(size={"shortest_edge": 48}, crop_size=48, **normal).save_pretrained(folder)
    elif kind == "clipseg":
        text = {**SIZES, "max_position_embeddings": 20, "vocab_size": 49408, "eos_token_id": 49407}
        model = CLIPSegModel(CLIPSegConfig(text_config=text, vision_config=vision, projection_dim=24))
        clip_tokenizer().save_pretrained(folder)
        ViTImageProcessor(size={"height": 64, "width": 64}, **normal).save_pretrained(folder)
    else:
        text = {
            **SIZES,
            "max_position_embeddings": 20,
            "vocab_size": 400,
            "projection_size": 32,
            "bos_token_id": 1,
            "eos_token_id": 1,
        }
        if kind.endswith("siglip"):
            model = SiglipModel(SiglipConfig(text_config=text, vision_config=vision))
            (tokenizer() if kind == "siglip" else slow_tokenizer(folder)).save_pretrained(folder)
            SiglipImageProcessor(size={"height": 48, "width": 48}, **normal).save_pretrained(folder)
        else:
            vision = {**SIZES, "num_patches": 9, "patch_size": 16}
            model = Siglip2Model(Siglip2Config(text_config=text, vision_config=vision))
            gemma_tokenizer().save_pretrained(folder)
            Siglip2ImageProcessor(patch_size=16, max_num_patches=12, **normal).save_pretrained(folder)
    with torch.no_grad():
        for name, value in (("logit_scale", 1.0), ("logit_bias", -3.0)):
            if hasattr(model, name):
                getattr(model, name).fill_(value)
    loud(model).save_pretrained(folder)
    return folder
