"""torch.utils.tensorboard: what a program does, in files that TensorBoard shows.

wire: messages of protocol buffers. messages: those of event files. records: how a file holds them.
summary, histogram, image, hparams, embedding, graph: what is shown. writer: SummaryWriter.
"""
