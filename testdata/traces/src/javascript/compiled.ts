// TypeScript with source maps: the error is reported at its place in the source.
interface Provider {
  name: string;
  model?: { dimensions: number };
}

class DimensionError extends RangeError {
  constructor(readonly provider: string, cause: unknown) {
    super(`no dimensions for ${provider}`, { cause });
    this.name = "DimensionError";
  }
}

function dimensions(provider: Provider): number {
  try {
    return provider.model!.dimensions;
  } catch (error) {
    throw new DimensionError(provider.name, error);
  }
}

dimensions({ name: "local" });
