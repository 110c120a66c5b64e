"""What the cases have in common: a call whose answer or refusal is a text."""

# A block's answer is a list with a text for each number or layout: dtype and values, or that it was
# refused, with the message where a number does not fit or memory overlaps.
ATTEMPT = """# prelude
def shown(v):
    return str(v) if isinstance(v, (bool, int)) else f'{v + 0:.5g}'
def attempt(f, *args):
    try:
        r = f(*args)
        if not isinstance(r, torch.Tensor):
            return str(r)
        return ' '.join([str(r.dtype)[6:]] + [shown(v) for v in r.reshape(-1).tolist()])
    except Exception as e:  # whatever PyTorch raises is its answer
        text = str(e).split('\\n')[0]
        if 'without overflow' in text or 'single memory location' in text:
            return text
        return 'refused'
"""
