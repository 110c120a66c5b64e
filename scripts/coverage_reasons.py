"""Why tcalc has not what PyTorch has: rows of a reason and of the names that it holds for.

A name is dotted, a module's stands for all that is in it, and `*` for any letters. The first row with
a name counts. What does the job instead is told by tcalc/language/absent.py, and by the page with it.
"""

from __future__ import annotations

REASONS: list[tuple[str, str]] = [
    (
        "the inside of TorchScript: its types, graphs, loggers and archives (a file of torch.jit.save "
        "holds the program's own text: docs/graphs.md)",
        """torch.AliasDb torch.*Type torch.Argument torch.ArgumentSpec torch.Block torch.CallStack
        torch.Capsule torch.Code torch.CompilationUnit torch.CompleteArgumentSpec torch.Concrete*
        torch.Deep* torch.Deserialization* torch.Error* torch.ExecutionPlan torch.FileCheck
        torch.FunctionSchema torch.Gradient torch.Graph torch.GraphExecutorState torch.IODescriptor
        torch.JITException torch.LiteScriptModule torch.LockingLogger torch.LoggerBase
        torch.NoopLogger torch.Node torch.OperatorInfo torch.PyTorchFile* torch.Script*
        torch.Serialization* torch.StaticModule torch.Tag torch.TracingState torch.Type torch.Use
        torch.Value torch.AggregationType torch.AVG torch.SUM torch.ModuleDict torch.ParameterDict
        torch.BufferDict torch.FatalError torch.import_ir_module* torch.parse_* torch.fork torch.wait
        torch.merge_type_from_type_comment torch.unify_type_list torch.cpp torch.classes torch.ops
        torch.jit.CompilationUnit torch.jit.Error torch.jit.ONNXTracedModule torch.jit.Recursive*
        torch.jit.ScriptWarning torch.jit.Trac* torch.jit.annotations torch.jit.frontend
        torch.jit.export_opnames torch.jit.fuser torch.jit.interface torch.jit.isinstance
        torch.jit.*flatbuffer torch.jit.last_executed_optimized_graph torch.jit.*fusion
        torch.jit.run_frozen_optimizations torch.jit.set_fusion_strategy torch.jit.set_module
        torch.jit.enable_onednn_fusion torch.jit.ScriptModule torch.jit.ScriptFunction""",
    ),
    (
        "types of few bits and quantized tensors: no kernel of NumPy's has them",
        """torch.ao torch.quantization torch.q* torch.*quantize* torch.fused_moving_avg* torch.fbgemm*
        torch.choose_qparams_optimized torch.int_repr torch.per_channel* torch.per_tensor*
        torch.bit* torch.int? torch.uint? torch.float4* torch.float8* torch.complex32 torch.chalf
        torch.QInt* torch.QUInt* torch.backends.quantized torch.nn.intrinsic torch.nn.qat
        torch.nn.quantizable torch.nn.quantized torch.nn.functional.scaled*
        torch.nn.functional.grouped_mm torch.nn.functional.ScalingType
        torch.nn.functional.SwizzleType torch.Tensor.q_* torch.Tensor.qscheme torch.Tensor.int_repr
        torch.Tensor.dequantize torch.Tensor.chalf torch.empty_quantized""",
    ),
    (
        "sparse tensors beyond those by coordinates and by rows, and kernels for those of the GPU",
        """torch.sparse* torch.*sparse* torch.Tensor.*sparse* torch.ccol_* torch.col_* torch.crow_*
        torch.row_indices* torch.Tensor.ccol_indices torch.Tensor.col_indices
        torch.Tensor.crow_indices torch.Tensor.row_indices torch.dsmm torch.hsmm torch.hspmm
        torch.smm torch.spmm torch.sspaddmm torch.saddmm torch.indices_copy torch.values_copy
        torch.Tensor.smm torch.Tensor.sspaddmm torch.Tensor.values torch.Tensor.indices
        torch.Tensor.coalesce torch.Tensor.is_coalesced torch.Tensor.dense_dim torch.cuda.sparse
        torch.legacy_contiguous_format torch.backends.cusparselt torch.nn.functional.sparse*""",
    ),
    (
        "tensors of parts of different lengths: they are padded here, with a mask",
        "torch.nested torch.jagged torch.Tensor.to_padded_tensor torch.Tensor.is_nested",
    ),
    (
        "several processes or machines: a program is one process, whose threads share the work",
        """torch.distributed torch.multiprocessing torch.cuda.nccl torch.nn.parallel.comm
        torch.nn.parallel.scatter_gather torch.utils.file_baton""",
    ),
    (
        "graphs that are taken, changed and exported as Python objects: jit(f).graph shows them",
        """torch.fx torch.export torch.onnx torch.package torch.func.functionalize
        torch.func.linearize torch.func.debug_unwrap torch.func.rearrange
        torch.func.replace_all_batch_norm_modules_ torch.while_loop torch.cond torch.sym_*
        torch.Sym*""",
    ),
    (
        "what is set in PyTorch's compiler: a plan looks for itself whether it holds",
        """torch.compiler torch.backends.python_native torch.monitor torch.utils.benchmark
        torch.cuda.tunable""",
    ),
    (
        "classes that take ops apart: torch.autograd.Function makes an op of a program's own",
        """torch.overrides torch.library torch.DisableTorchFunction* torch.DispatchKey*
        torch.ExcludeDispatchKeyGuard torch.*torch_function* torch.nn.functional.*torch_function*
        torch.Tensor.as_subclass torch.autograd.NestedIOFunction torch.autograd.function
        torch.utils.cpp_extension torch.utils.backend_registration""",
    ),
    (
        "forward-mode derivatives of marked tensors: func.jvp(f, (x,), (v,)) gives them of a function",
        "torch.autograd.forward_ad",
    ),
    (
        "what looks into, or sets, a graph of gradients beyond hooks of tensors, modules and nodes",
        """torch.autograd.graph torch.autograd.grad_mode torch.autograd.enforce_grad_layout_policy
        torch.autograd.set_multithreading_enabled torch.autograd.variable""",
    ),
    (
        "a GPU's own memory pools, graphs of launches, libraries and counters: CuPy keeps those here",
        """torch.cuda torch.Stream torch.Event torch.AcceleratorError torch.accelerator
        torch.backends.cuda torch.cudnn* torch.Tensor.record_stream torch.get_device_module""",
    ),
    (
        "devices that tcalc has not: the CPU, CUDA and meta are there",
        """torch.mps torch.backends.mps torch.miopen* torch.is_vulkan_available torch.*_ipu_*
        torch.*_xla_* torch.backends.miopen torch.Tensor.ipu torch.Tensor.is_ipu
        torch.Tensor.is_maia torch.Tensor.is_mtia torch.Tensor.is_vulkan torch.Tensor.is_xla
        torch.Tensor.mtia torch.Tensor.xpu torch.nn.modules.module.Module.ipu
        torch.nn.modules.module.Module.mtia torch.nn.modules.module.Module.xpu torch.xpu torch.mtia
        torch.version""",
    ),
    (
        "the kernels of one library under names of their own, and settings of libraries that are not "
        "used: F.conv2d, F.batch_norm and their like are the functions",
        """torch.mkldnn* torch.native_* torch.batch_norm_* torch.has_*
        torch.backends torch.Tensor.to_mkldnn torch.init_num_threads torch.norm_except_dim
        torch.nuclear_norm torch.frobenius_norm torch.cpu
        torch.binary_cross_entropy_with_logits torch.cosine_embedding_loss torch.ctc_loss
        torch.embedding_bag torch.hinge_embedding_loss torch.kl_div torch.margin_ranking_loss
        torch.poisson_nll_loss torch.triplet_margin_loss torch.compiled_with_cxx11_abi
        torch.amp.autocast_mode.autocast_decorator torch.amp.grad_scaler.OptState
        torch.cuda.amp.amp_definitely_not_available torch.nn.attention""",
    ),
    (
        "ops that exist to be called by PyTorch's compiler: copies of views, and forms without checks",
        """torch.*_copy torch.unsafe_* torch.Tensor.unsafe_* torch.slice_inverse torch.autocast_*
        torch.set_autocast_* torch.clear_autocast_cache
        torch.Tensor.slice_inverse
        torch.Tensor.dim_order torch.Tensor.const_data_ptr torch.Tensor.is_set_to
        torch.Tensor.grad_dtype torch.Tensor.storage_type torch.thread_safe_generator
        torch.random.thread_safe_generator torch.PRIVATE_OPS torch.USE_* torch.TYPE_CHECKING""",
    ),
    (
        "the memory under a tensor as an object: a tensor's views, data_ptr and untyped numbers tell "
        "what is shared, and views of it change it",
        """torch.*Storage torch.Storage* torch.storage torch.Tensor.set_
        torch.from_file torch.frombuffer torch.from_dlpack torch.to_dlpack torch.utils.dlpack
        torch.Tensor.resize_as_sparse_ torch.Tensor._make_wrapper_subclass""",
    ),
    (
        "gone from PyTorch itself: these raise an error there that names the successor",
        """torch.eig torch.lstsq torch.matrix_rank torch.solve torch.symeig torch.Tensor.eig
        torch.Tensor.lstsq torch.Tensor.solve torch.Tensor.symeig torch.Tensor.volatile
        torch.Tensor.reinforce torch.nn.Container torch.nn.modules.container.Container
        torch.nn.modules.Container torch.nn.modules.module.Module.dump_patches torch.utils.backcompat""",
    ),
    (
        "functions that a Python function is run by element: vmap, or a loop over tolist()",
        "torch.Tensor.apply_ torch.Tensor.map_ torch.Tensor.map2_",
    ),
    (
        "names for annotations and for what is within PyTorch's own files",
        """torch.types torch.return_types torch.nn.common_types torch.nn.factory_kwargs
        torch.nn.parameter.UninitializedTensorMixin torch.nn.UninitializedBuffer
        torch.nn.modules.module.Module.T_destination
        torch.nn.modules.module.Module.call_super_init torch.nn.functional
        torch.nn.modules.linear_cross_entropy_options torch.optim.optimizer.Optimizer
        torch.dtype.abbr torch.linalg.common_notes torch.fft.Tensor torch.utils.set_module
        torch.utils.swap_tensors torch.optim.swap_in_optimizer_params_and_state
        torch.utils.hooks torch.utils.weak torch.Generator""",
    ),
    (
        "what pickled files and PyTorch's own storage need: nothing is unpickled here, and files are "
        "read by their headers",
        "torch.serialization",
    ),
    (
        "tells of an installation of PyTorch: tcalc devices and torch.__version__ tell of this one",
        """torch.utils.collect_env torch.utils.cpp_backtrace torch.utils.throughput_benchmark
        torch.ThroughputBenchmark torch.Benchmark*""",
    ),
    (
        "pipes of data, which PyTorch gave up: Dataset, IterableDataset and DataLoader are there",
        """torch.utils.data""",
    ),
    (
        "which parts of a checkpointed function are kept: checkpoint keeps its inputs, no more",
        "torch.utils.checkpoint",
    ),
    (
        "hooks of all modules at once: register_forward_hook puts one on a module",
        "torch.nn.modules.module.register_*",
    ),
    (
        "gradients of convolutions as functions of their own: grad(F.conv2d(x, w).sum(), w)",
        "torch.nn.grad",
    ),
    (
        "the memory formats of one device's kernels: strides are the program's affair, speed is not",
        "torch.nn.utils.convert_conv* torch.nn.utils.memory_format",
    ),
    (
        "what PyTorch's profiler hands to other tools: tables, a Chrome trace and record_function are "
        "what there is",
        "torch.profiler torch.autograd.profiler",
    ),
    (
        "not there yet: few programs use them",
        """torch.igamma* torch.lobpcg
        torch.pca_lowrank torch.svd_lowrank
        torch.signal torch.quasirandom torch.special.* torch.linalg.ldl_*
        torch.linalg.matmul torch.Tensor.* torch.nn.modules.utils.* torch.functional
        torch.nn.utils.stateless torch.utils.deterministic torch.hub torch.jit""",
    ),
    # -- NumPy's: arrays are what tensors are made of, so what has a tensor's form need not have two ----
    (
        "arrays of other things than numbers, and the memory of arrays as files or buffers",
        """numpy.ma numpy.memmap numpy.rec* numpy.record numpy.void numpy.str_ numpy.bytes_
        numpy.object_ numpy.character numpy.flexible numpy.datetime* numpy.timedelta64 numpy.bus*
        numpy.is_busday numpy.isnat numpy.from* numpy.char numpy.strings numpy.ctypeslib
        numpy.shares_memory numpy.may_share_memory numpy.sctypeDict numpy.ScalarType
        numpy.ndarray.dump* numpy.ndarray.tofile numpy.ndarray.ctypes numpy.ndarray.getfield
        numpy.ndarray.setfield numpy.ndarray.setflags numpy.ndarray.flags numpy.ndarray.base
        numpy.ndarray.data numpy.ndarray.tobytes numpy.ndarray.byteswap numpy.ndarray.flat
        numpy.ndarray.view numpy.ndarray.resize numpy.ndarray.device numpy.ndarray.to_device
        numpy.ndarray.strides numpy.packbits numpy.unpackbits numpy.nditer numpy.nested_iters
        numpy.broadcast numpy.flatiter numpy.random.bytes numpy.random.Generator.bytes
        numpy.random.RandomState.bytes numpy.*long* numpy.float128 numpy.complex256""",
    ),
    (
        "matrices as a class, polynomials as objects, and what NumPy tells of itself",
        """numpy.matrix numpy.asmatrix numpy.bmat numpy.mat* numpy.poly* numpy.lib numpy.f2py
        numpy.core numpy.emath numpy.exceptions numpy.dtypes numpy.test* numpy.typing
        numpy.get_include numpy.show_* numpy.info numpy.type* numpy.mintypecode
        numpy.*bufsize numpy.*errcall numpy.ufunc numpy.frompyfunc numpy.little_endian
        numpy.vecmat""",
    ),
    (
        "streams of random numbers as objects beside default_rng and RandomState",
        """numpy.random.BitGenerator numpy.random.MT19937 numpy.random.P* numpy.random.SFC64
        numpy.random.SeedSequence numpy.random.get_state numpy.random.set_state
        numpy.random.Generator numpy.random.RandomState""",
    ),
    ("not there yet: few programs use them", "numpy"),
    # -- torchvision's ---------------------------------------------------------------------------------
    (
        "networks that find or segment things, or read video: torchvision.models has those that classify",
        """torchvision.ops torchvision.io torchvision.models.detection torchvision.models.optical_flow
        torchvision.models.quantization torchvision.models.segmentation torchvision.models.video
        torchvision.*video* torchvision.extension torchvision.disable_beta_transforms_warning
        torchvision.utils""",
    ),
    ("not there yet: few programs use them", "torchvision"),
]
