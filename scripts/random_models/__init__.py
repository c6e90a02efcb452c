"""What the scripts that make image models share: random parameters of which none can be left out unseen, and images."""
import torch


def pixel(i):
    """Value i of a batch of images; test/models/convert/reference.ts computes it as well."""
    return (i * 7919 % 2003) / 1001 - 1


def images(batch, size):
    count = batch * 3 * size * size
    return torch.tensor([pixel(i) for i in range(count)], dtype=torch.float32).reshape(batch, 3, size, size)


def shaken(model, seed):
    """All parameters and running statistics anew: matrices that keep the size of what passes, vectors near what they were."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in list(model.named_parameters()) + list(model.named_buffers()):
            if not value.is_floating_point():
                continue
            noise = torch.randn(value.shape, generator=random)
            if value.ndim >= 2 and value.shape[0] > 1:
                value.copy_(noise / value[0].numel() ** 0.5)
            elif name.endswith("running_var"):
                value.copy_(1 + noise.abs() / 2)
            else:
                value.add_(noise * 0.3)
    return model.eval()


def halved(model):
    """Weights that float16 holds, so that files of that format hold the very same model."""
    with torch.no_grad():
        for value in list(model.parameters()) + list(model.buffers()):
            if value.is_floating_point():
                value.copy_(value.half().float())
    return model


def calibrated(model, batch):
    """Batch norms take their statistics from images: with random ones what tells images apart gets lost on the way, and any model of the same biases would pass."""
    for part in model.modules():
        if isinstance(part, torch.nn.modules.batchnorm._BatchNorm):
            part.momentum = 1.0
    with torch.no_grad():
        model.train()(batch)
    return model.eval()
