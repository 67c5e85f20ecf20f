// The first half of a SwiGLU, of four rows: gate's planes are the first matrix, up's the second (fourRows, secondFourRows).

// silu(gate[row] · x) * (up[row] · x) of the rows whose blocks begin at `rowBlocks` in both, for an input that begins at `input`.
// Shared out among a workgroup, all of which call it.
fn gateUpRows(input: u32, rowBlocks: vec4u, at: Invocation) -> vec4f {
  var gates = vec4f(0.0);
  var ups = vec4f(0.0);
  var squares = 0.0;
  for (var first = at.lane * unitsPerLane; first < parameters.blocks * 4u; first += workgroupSize * unitsPerLane) {
    for (var i = first; i < first + unitsPerLane; i++) {
      let block = i / 4u;
      let unit = i % 4u;
      let x = inputUnit(input, block, unit);
      squares += x.squares;
      gates += fourRows(rowBlocks + block, unit, x.low, x.high);
      ups += secondFourRows(rowBlocks + block, unit, x.low, x.high);
    }
  }
  gates = sumOverWorkgroup(gates, at);
  ups = sumOverWorkgroup(ups, at);
  let factor = normFactor(squares, at);
  return silu(gates * factor) * (ups * factor);
}
