"""Functions with a purpose: how people write them, what they do in one sentence, how they go wrong in one line.

`describe` and `bug` share this table. Placeholders stand for names and numbers that each sample draws anew: {f} the
function, {l} a list, {e} its element, {w} a text, {x} {y} numbers, {t} what is built up, {i} an index, {A} {B} {C} literals.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bug:
    """In the first line that has `right`, it is written `wrong`."""

    right: str
    wrong: str
    why: str


@dataclass(frozen=True)
class Implementation:
    code: str
    bugs: tuple[Bug, ...]


@dataclass(frozen=True)
class Purpose:
    # What it is for, as a comment above it says.
    goal: str
    # Names that say so too.
    names: tuple[str, ...]
    # What it does, as `describe` answers.
    sentence: str
    # Arguments of a call that shows it.
    call: str
    implementations: tuple[Implementation, ...]


def _written(code: str, *bugs: tuple[str, str, str]) -> Implementation:
    return Implementation(code.strip("\n"), tuple(Bug(*bug) for bug in bugs))


TOO_FAR = "the loop goes one step too far."
TOO_SHORT = "the loop stops one step too early."
STARTS_LATE = "the loop skips the first element."
ENDLESS = "{i} moves away from the end of the loop."
NOT_ADDED = "each {e} must be added to {t}."

PURPOSES: tuple[Purpose, ...] = (
    Purpose(
        "the sum of {l}", ("sumOf", "sum", "total", "addAll"),
        "It returns the sum of the numbers in {l}.", "[{A}, {B}, {C}]",
        (
            _written(
                """
function {f}({l}: number[]): number {
  let {t} = 0;
  for (let {i} = 0; {i} < {l}.length; {i}++) {
    {t} += {l}[{i}];
  }
  return {t};
}
""",
                ("let {t} = 0", "let {t} = 1", "{t} must start at 0."),
                ("{i} = 0; {i} <", "{i} = 1; {i} <", STARTS_LATE),
                ("{i} < {l}", "{i} <= {l}", TOO_FAR),
                ("{i}++", "{i}--", ENDLESS),
                ("+= {l}[{i}]", "-= {l}[{i}]", "each element must be added, not subtracted."),
                ("+= {l}[{i}]", "= {l}[{i}]", "{t} is replaced instead of added to."),
                ("+= {l}[{i}]", "+= {i}", "it adds the index, not the element."),
                ("return {t};", "return {l};", "it must return {t}."),
            ),
            _written(
                """
function {f}({l}: number[]): number {
  let {t} = 0;
  for (const {e} of {l}) {
    {t} += {e};
  }
  return {t};
}
""",
                ("let {t} = 0", "let {t} = 1", "{t} must start at 0."),
                ("+= {e}", "-= {e}", "each element must be added, not subtracted."),
                ("+= {e}", "*= {e}", "each element must be added, not multiplied."),
                ("+= {e}", "= {e}", "{t} is replaced instead of added to."),
                ("+= {e}", "++", "it adds 1, not the element."),
                ("return {t};", "return 0;", "it must return {t}."),
            ),
        ),
    ),
    Purpose(
        "the product of {l}", ("productOf", "product", "multiplyAll"),
        "It returns the product of the numbers in {l}.", "[{A}, {B}]",
        (
            _written(
                """
function {f}({l}: number[]): number {
  let {t} = 1;
  for (const {e} of {l}) {
    {t} *= {e};
  }
  return {t};
}
""",
                ("let {t} = 1", "let {t} = 0", "{t} must start at 1."),
                ("*= {e}", "+= {e}", "each element must be multiplied, not added."),
                ("*= {e}", "= {e}", "{t} is replaced instead of multiplied."),
                ("return {t};", "return {l};", "it must return {t}."),
            ),
            _written(
                """
function {f}({l}: number[]): number {
  let {t} = 1;
  for (let {i} = 0; {i} < {l}.length; {i}++) {
    {t} = {t} * {l}[{i}];
  }
  return {t};
}
""",
                ("let {t} = 1", "let {t} = 0", "{t} must start at 1."),
                ("{i} < {l}", "{i} <= {l}", TOO_FAR),
                ("{i} = 0; {i} <", "{i} = 1; {i} <", STARTS_LATE),
                ("{t} * {l}", "{t} + {l}", "each element must be multiplied, not added."),
                ("{l}[{i}]", "{i}", "it multiplies by the index, not the element."),
            ),
        ),
    ),
    Purpose(
        "the largest of {l}", ("maxOf", "largest", "findMax", "biggest"),
        "It returns the largest number in {l}.", "[{A}, {B}, {C}]",
        (
            _written(
                """
function {f}({l}: number[]): number {
  let {t} = {l}[0];
  for (const {e} of {l}) {
    if ({e} > {t}) {t} = {e};
  }
  return {t};
}
""",
                ("{e} > {t}", "{e} < {t}", "the comparison is the wrong way round."),
                ("{l}[0]", "{l}[1]", "{t} must start with the first element."),
                ("{t} = {e}", "{t} += {e}", "{t} must become the element."),
                ("return {t};", "return {l}[0];", "it must return {t}."),
            ),
            _written(
                """
function {f}({l}: number[]): number {
  let {t} = {l}[0];
  for (let {i} = 1; {i} < {l}.length; {i}++) {
    if ({l}[{i}] > {t}) {
      {t} = {l}[{i}];
    }
  }
  return {t};
}
""",
                ("[{i}] > {t}", "[{i}] < {t}", "the comparison is the wrong way round."),
                ("{i} < {l}", "{i} < 1", "the loop must go through all elements."),
                ("{t} = {l}[{i}]", "{t} = {i}", "{t} must become the element, not the index."),
                ("{i}++", "{i}--", ENDLESS),
                ("return {t};", "return {l};", "it must return {t}."),
            ),
        ),
    ),
    Purpose(
        "the smallest of {l}", ("minOf", "smallest", "findMin"),
        "It returns the smallest number in {l}.", "[{A}, {B}, {C}]",
        (
            _written(
                """
function {f}({l}: number[]): number {
  let {t} = {l}[0];
  for (const {e} of {l}) {
    if ({e} < {t}) {
      {t} = {e};
    }
  }
  return {t};
}
""",
                ("{e} < {t}", "{e} > {t}", "the comparison is the wrong way round."),
                ("{l}[0]", "0", "{t} must start with the first element."),
                ("{t} = {e}", "{t} -= {e}", "{t} must become the element."),
                ("return {t};", "return {l}[0];", "it must return {t}."),
            ),
            _written(
                """
function {f}({l}: number[]): number {
  let {t} = {l}[0];
  for (let {i} = 1; {i} < {l}.length; {i}++) {
    if ({l}[{i}] < {t}) {t} = {l}[{i}];
  }
  return {t};
}
""",
                ("[{i}] < {t}", "[{i}] > {t}", "the comparison is the wrong way round."),
                ("{t} = {l}[{i}]", "{t} = {i}", "{t} must become the element, not the index."),
                ("return {t};", "return {l};", "it must return {t}."),
            ),
        ),
    ),
    Purpose(
        "how many of {l} are even", ("countEven", "evenCount"),
        "It returns how many numbers in {l} are even.", "[{A}, {B}, {C}]",
        (
            _written(
                """
function {f}({l}: number[]): number {
  let {t} = 0;
  for (const {e} of {l}) {
    if ({e} % 2 === 0) {t}++;
  }
  return {t};
}
""",
                ("let {t} = 0", "let {t} = 1", "{t} must start at 0."),
                ("% 2 === 0", "% 2 === 1", "an even number has the remainder 0."),
                ("% 2", "% 3", "even numbers are divided by 2."),
                ("{t}++", "{t}--", "{t} must go up."),
                ("{t}++", "{t} += {e}", "it must count, not add."),
                ("return {t};", "return {l}.length;", "it must return {t}."),
            ),
            _written(
                """
function {f}({l}: number[]): number {
  let {t} = 0;
  for (let {i} = 0; {i} < {l}.length; {i}++) {
    if ({l}[{i}] % 2 === 0) {
      {t}++;
    }
  }
  return {t};
}
""",
                ("{i} = 0; {i} <", "{i} = 1; {i} <", STARTS_LATE),
                ("% 2 === 0", "% 2 === 1", "an even number has the remainder 0."),
                ("% 2 === 0", "% 2 !== 0", "an even number has the remainder 0."),
                ("{l}[{i}] %", "{i} %", "it tests the index, not the element."),
                ("{t}++;\n", "{t}--;\n", "{t} must go up."),
            ),
        ),
    ),
    Purpose(
        "how many of {l} are odd", ("countOdd", "oddCount"),
        "It returns how many numbers in {l} are odd.", "[{A}, {B}, {C}]",
        (
            _written(
                """
function {f}({l}: number[]): number {
  let {t} = 0;
  for (const {e} of {l}) {
    if ({e} % 2 === 1) {
      {t}++;
    }
  }
  return {t};
}
""",
                ("let {t} = 0", "let {t} = 1", "{t} must start at 0."),
                ("% 2 === 1", "% 2 === 0", "an odd number has the remainder 1."),
                ("{t}++", "{t}--", "{t} must go up."),
                ("{t}++", "{t} += {e}", "it must count, not add."),
            ),
            _written(
                """
function {f}({l}: number[]): number {
  let {t} = 0;
  for (const {e} of {l}) {
    if ({e} % 2 !== 0) {t} += 1;
  }
  return {t};
}
""",
                ("% 2 !== 0", "% 2 === 0", "an odd number has the remainder 1."),
                ("{t} += 1", "{t} -= 1", "{t} must go up."),
                ("return {t};", "return {e};", "it must return {t}."),
            ),
        ),
    ),
    Purpose(
        "the average of {l}", ("averageOf", "average", "mean"),
        "It returns the average of the numbers in {l}.", "[{A}, {B}]",
        (
            _written(
                """
function {f}({l}: number[]): number {
  let {t} = 0;
  for (const {e} of {l}) {
    {t} += {e};
  }
  return {t} / {l}.length;
}
""",
                ("let {t} = 0", "let {t} = 1", "{t} must start at 0."),
                ("+= {e}", "-= {e}", "each element must be added, not subtracted."),
                ("+= {e}", "= {e}", "{t} is replaced instead of added to."),
                ("{t} / {l}", "{t} * {l}", "the sum must be divided by the length."),
                (" / {l}.length", "", "the sum must be divided by the length."),
            ),
        ),
    ),
    Purpose(
        "whether {x} is even", ("isEven", "checkEven"),
        "It returns whether {x} is even.", "{A}",
        (
            _written(
                """
function {f}({x}: number): boolean {
  return {x} % 2 === 0;
}
""",
                ("=== 0", "=== 1", "an even number has the remainder 0."),
                ("=== 0", "!== 0", "an even number has the remainder 0."),
                ("% 2", "% 3", "even numbers are divided by 2."),
            ),
            _written(
                """
function {f}({x}: number): boolean {
  if ({x} % 2 === 0) {
    return true;
  }
  return false;
}
""",
                ("=== 0", "=== 1", "an even number has the remainder 0."),
                ("% 2", "/ 2", "it needs the remainder."),
                ("return true", "return false", "it must return true here."),
                ("return false", "return true", "it must return false here."),
            ),
        ),
    ),
    Purpose(
        "whether {x} is odd", ("isOdd", "checkOdd"),
        "It returns whether {x} is odd.", "{A}",
        (
            _written(
                """
function {f}({x}: number): boolean {
  return {x} % 2 === 1;
}
""",
                ("=== 1", "=== 0", "an odd number has the remainder 1."),
                ("% 2", "% 3", "odd numbers are tested by 2."),
            ),
            _written(
                """
function {f}({x}: number): boolean {
  const {t} = {x} % 2;
  return {t} !== 0;
}
""",
                ("!== 0", "=== 0", "an odd number has the remainder 1."),
                ("{x} % 2", "{x} * 2", "it needs the remainder."),
            ),
        ),
    ),
    Purpose(
        "the larger of {x} and {y}", ("maxOf", "larger", "bigger"),
        "It returns the larger of {x} and {y}.", "{A}, {B}",
        (
            _written(
                """
function {f}({x}: number, {y}: number): number {
  if ({x} > {y}) {
    return {x};
  }
  return {y};
}
""",
                ("{x} > {y}", "{x} < {y}", "the comparison is the wrong way round."),
                ("return {x}", "return {y}", "it must return {x} here."),
                ("return {y}", "return {x}", "it must return {y} here."),
            ),
            _written(
                """
function {f}({x}: number, {y}: number): number {
  return {x} > {y} ? {x} : {y};
}
""",
                ("{x} > {y}", "{x} < {y}", "the comparison is the wrong way round."),
                ("? {x} : {y}", "? {y} : {x}", "the results are the wrong way round."),
            ),
        ),
    ),
    Purpose(
        "the smaller of {x} and {y}", ("minOf", "smaller"),
        "It returns the smaller of {x} and {y}.", "{A}, {B}",
        (
            _written(
                """
function {f}({x}: number, {y}: number): number {
  if ({x} < {y}) return {x};
  return {y};
}
""",
                ("{x} < {y}", "{x} > {y}", "the comparison is the wrong way round."),
                ("return {x}", "return {y}", "it must return {x} here."),
                ("  return {y}", "  return {x}", "it must return {y} here."),
            ),
            _written(
                """
function {f}({x}: number, {y}: number): number {
  return {x} < {y} ? {x} : {y};
}
""",
                ("{x} < {y}", "{x} > {y}", "the comparison is the wrong way round."),
                ("? {x} : {y}", "? {y} : {x}", "the results are the wrong way round."),
            ),
        ),
    ),
    Purpose(
        "the absolute value of {x}", ("absOf", "absolute", "distance"),
        "It returns the absolute value of {x}.", "{A}",
        (
            _written(
                """
function {f}({x}: number): number {
  if ({x} < 0) {
    return 0 - {x};
  }
  return {x};
}
""",
                ("{x} < 0", "{x} > 0", "only negative numbers change their sign."),
                ("0 - {x}", "{x} - 1", "the sign must change."),
                ("  return {x}", "  return 0", "it must return {x} here."),
            ),
            _written(
                """
function {f}({x}: number): number {
  return {x} < 0 ? -{x} : {x};
}
""",
                ("{x} < 0", "{x} > 0", "only negative numbers change their sign."),
                ("-{x} : {x}", "{x} : -{x}", "the results are the wrong way round."),
            ),
        ),
    ),
    Purpose(
        "the factorial of {x}", ("factorial", "factorialOf"),
        "It returns the factorial of {x}.", "{S}",
        (
            _written(
                """
function {f}({x}: number): number {
  let {t} = 1;
  for (let {i} = 2; {i} <= {x}; {i}++) {
    {t} *= {i};
  }
  return {t};
}
""",
                ("let {t} = 1", "let {t} = 0", "{t} must start at 1."),
                ("{i} <= {x}", "{i} < {x}", TOO_SHORT),
                ("*= {i}", "+= {i}", "it must multiply, not add."),
                ("*= {i}", "*= {x}", "it must multiply by {i}."),
                ("{i}++", "{i}--", ENDLESS),
                ("return {t};", "return {x};", "it must return {t}."),
            ),
            _written(
                """
function {f}({x}: number): number {
  if ({x} <= 1) return 1;
  return {x} * {f}({x} - 1);
}
""",
                ("return 1;", "return 0;", "the factorial of 1 is 1."),
                ("{x} * {f}", "{x} + {f}", "it must multiply, not add."),
                ("{x} - 1", "{x} + 1", "it must call itself with a smaller number."),
            ),
        ),
    ),
    Purpose(
        "the sum of the numbers from 1 to {x}", ("sumTo", "addUpTo"),
        "It returns the sum of the numbers from 1 to {x}.", "{S}",
        (
            _written(
                """
function {f}({x}: number): number {
  let {t} = 0;
  for (let {i} = 1; {i} <= {x}; {i}++) {
    {t} += {i};
  }
  return {t};
}
""",
                ("let {t} = 0", "let {t} = 1", "{t} must start at 0."),
                ("{i} <= {x}", "{i} < {x}", TOO_SHORT),
                ("+= {i}", "-= {i}", "it must add, not subtract."),
                ("+= {i}", "+= {x}", "it must add {i}."),
                ("{i}++", "{i}--", ENDLESS),
                ("return {t};", "return {x};", "it must return {t}."),
            ),
            _written(
                """
function {f}({x}: number): number {
  let {t} = 0;
  while ({x} > 0) {
    {t} += {x};
    {x}--;
  }
  return {t};
}
""",
                ("let {t} = 0", "let {t} = 1", "{t} must start at 0."),
                ("{x} > 0", "{x} < 0", "the comparison is the wrong way round."),
                ("+= {x}", "-= {x}", "it must add, not subtract."),
                ("{x}--", "{x}++", "{x} must go down."),
            ),
        ),
    ),
    Purpose(
        "{x} to the power of {y}", ("power", "powerOf"),
        "It returns {x} to the power of {y}.", "{S}, {S2}",
        (
            _written(
                """
function {f}({x}: number, {y}: number): number {
  let {t} = 1;
  for (let {i} = 0; {i} < {y}; {i}++) {
    {t} *= {x};
  }
  return {t};
}
""",
                ("let {t} = 1", "let {t} = 0", "{t} must start at 1."),
                ("{i} < {y}", "{i} <= {y}", TOO_FAR),
                ("{i} < {y}", "{i} < {x}", "the loop must run {y} times."),
                ("*= {x}", "+= {x}", "it must multiply, not add."),
                ("*= {x}", "*= {y}", "it must multiply by {x}."),
                ("return {t};", "return {x};", "it must return {t}."),
            ),
        ),
    ),
    Purpose(
        "the index of {x} in {l}, or -1", ("indexOf", "findIndex"),
        "It returns the index of {x} in {l}, or -1.", "[{A}, {B}, {C}], {B}",
        (
            _written(
                """
function {f}({l}: number[], {x}: number): number {
  for (let {i} = 0; {i} < {l}.length; {i}++) {
    if ({l}[{i}] === {x}) return {i};
  }
  return -1;
}
""",
                ("{i} = 0; {i} <", "{i} = 1; {i} <", STARTS_LATE),
                ("=== {x}", "!== {x}", "it must find the element that is equal."),
                ("return {i};", "return {l}[{i}];", "it must return the index."),
                ("return -1", "return 0", "it must return -1 here."),
                ("{i}++", "{i}--", ENDLESS),
            ),
        ),
    ),
    Purpose(
        "whether {l} contains {x}", ("contains", "has", "includes"),
        "It returns whether {l} contains {x}.", "[{A}, {B}], {B}",
        (
            _written(
                """
function {f}({l}: number[], {x}: number): boolean {
  for (const {e} of {l}) {
    if ({e} === {x}) return true;
  }
  return false;
}
""",
                ("=== {x}", "!== {x}", "it must find the element that is equal."),
                ("return true", "return false", "it must return true here."),
                ("return false;", "return true;", "it must return false here."),
            ),
            _written(
                """
function {f}({l}: number[], {x}: number): boolean {
  for (let {i} = 0; {i} < {l}.length; {i}++) {
    if ({l}[{i}] === {x}) {
      return true;
    }
  }
  return false;
}
""",
                ("=== {x}", "!== {x}", "it must find the element that is equal."),
                ("{l}[{i}] ===", "{i} ===", "it tests the index, not the element."),
                ("{i} = 0; {i} <", "{i} = 1; {i} <", STARTS_LATE),
                ("return true", "return false", "it must return true here."),
                ("return false;", "return true;", "it must return false here."),
            ),
        ),
    ),
    Purpose(
        "the even numbers of {l}", ("keepEven", "filterEven", "evenOf"),
        "It returns the even numbers in {l}.", "[{A}, {B}, {C}]",
        (
            _written(
                """
function {f}({l}: number[]): number[] {
  const {t}: number[] = [];
  for (const {e} of {l}) {
    if ({e} % 2 === 0) {t}.push({e});
  }
  return {t};
}
""",
                ("% 2 === 0", "% 2 === 1", "an even number has the remainder 0."),
                ("push({e})", "push({l})", "it must push the element."),
                ("return {t};", "return {l};", "it must return {t}."),
            ),
        ),
    ),
    Purpose(
        "the numbers of {l} above {x}", ("keepAbove", "filterAbove", "above"),
        "It returns the numbers in {l} that are above {x}.", "[{A}, {B}, {C}], {A}",
        (
            _written(
                """
function {f}({l}: number[], {x}: number): number[] {
  const {t}: number[] = [];
  for (const {e} of {l}) {
    if ({e} > {x}) {
      {t}.push({e});
    }
  }
  return {t};
}
""",
                ("{e} > {x}", "{e} < {x}", "the comparison is the wrong way round."),
                ("{e} > {x}", "{e} >= {x}", "a number equal to {x} is not above it."),
                ("push({e})", "push({x})", "it must push the element."),
                ("return {t};", "return {l};", "it must return {t}."),
            ),
        ),
    ),
    Purpose(
        "how many of {l} are above {x}", ("countAbove", "countBigger"),
        "It returns how many numbers in {l} are above {x}.", "[{A}, {B}, {C}], {A}",
        (
            _written(
                """
function {f}({l}: number[], {x}: number): number {
  let {t} = 0;
  for (const {e} of {l}) {
    if ({e} > {x}) {t}++;
  }
  return {t};
}
""",
                ("let {t} = 0", "let {t} = 1", "{t} must start at 0."),
                ("{e} > {x}", "{e} < {x}", "the comparison is the wrong way round."),
                ("{t}++", "{t}--", "{t} must go up."),
                ("{t}++", "{t} += {e}", "it must count, not add."),
                ("return {t};", "return {x};", "it must return {t}."),
            ),
        ),
    ),
    Purpose(
        "every number of {l} doubled", ("doubleAll", "doubleEach"),
        "It returns the numbers in {l} doubled.", "[{A}, {B}]",
        (
            _written(
                """
function {f}({l}: number[]): number[] {
  const {t}: number[] = [];
  for (const {e} of {l}) {
    {t}.push({e} * 2);
  }
  return {t};
}
""",
                ("* 2", "+ 2", "it must multiply, not add."),
                ("* 2", "* 3", "to double is to multiply by 2."),
                ("return {t};", "return {l};", "it must return {t}."),
            ),
            _written(
                """
function {f}({l}: number[]): number[] {
  const {t}: number[] = [];
  for (let {i} = 0; {i} < {l}.length; {i}++) {
    {t}.push({l}[{i}] * 2);
  }
  return {t};
}
""",
                ("* 2", "+ 2", "it must multiply, not add."),
                ("{l}[{i}] * 2", "{i} * 2", "it uses the index, not the element."),
                ("{i} < {l}", "{i} <= {l}", TOO_FAR),
                ("{i} = 0; {i} <", "{i} = 1; {i} <", STARTS_LATE),
            ),
        ),
    ),
    Purpose(
        "{l} in reverse order", ("reverse", "reverseList"),
        "It returns {l} in reverse order.", "[{A}, {B}, {C}]",
        (
            _written(
                """
function {f}({l}: number[]): number[] {
  const {t}: number[] = [];
  for (let {i} = {l}.length - 1; {i} >= 0; {i}--) {
    {t}.push({l}[{i}]);
  }
  return {t};
}
""",
                ("{l}.length - 1", "{l}.length", "the last index is {l}.length - 1."),
                ("{i} >= 0", "{i} > 0", TOO_SHORT),
                ("{i}--", "{i}++", ENDLESS),
                ("push({l}[{i}])", "push({i})", "it must push the element, not the index."),
                ("return {t};", "return {l};", "it must return {t}."),
            ),
        ),
    ),
    Purpose(
        "the last element of {l}", ("lastOf", "last"),
        "It returns the last element of {l}.", "[{A}, {B}]",
        (
            _written(
                """
function {f}({l}: number[]): number {
  return {l}[{l}.length - 1];
}
""",
                ("{l}.length - 1", "{l}.length", "the last index is {l}.length - 1."),
                ("{l}.length - 1", "0", "the last index is {l}.length - 1."),
            ),
            _written(
                """
function {f}({l}: number[]): number {
  const {i} = {l}.length - 1;
  return {l}[{i}];
}
""",
                ("{l}.length - 1", "{l}.length", "the last index is {l}.length - 1."),
                ("{l}[{i}]", "{i}", "it must return the element, not the index."),
            ),
        ),
    ),
    Purpose(
        "{w} repeated {x} times", ("repeat", "repeatText"),
        "It returns {w} repeated {x} times.", "{Q}, {S}",
        (
            _written(
                """
function {f}({w}: string, {x}: number): string {
  let {t} = '';
  for (let {i} = 0; {i} < {x}; {i}++) {
    {t} += {w};
  }
  return {t};
}
""",
                ("{i} < {x}", "{i} <= {x}", TOO_FAR),
                ("+= {w}", "= {w}", "{t} is replaced instead of added to."),
                ("+= {w}", "+= {x}", "it must add {w}."),
                ("{i}++", "{i}--", ENDLESS),
                ("return {t};", "return {w};", "it must return {t}."),
            ),
        ),
    ),
    Purpose(
        "{x} limited to the range from {A} to {B}", ("clamp", "keepInside"),
        "It returns {x} limited to the range from {A} to {B}.", "{C}",
        (
            _written(
                """
function {f}({x}: number): number {
  if ({x} < {A}) return {A};
  if ({x} > {B}) return {B};
  return {x};
}
""",
                ("{x} < {A}", "{x} > {A}", "the comparison is the wrong way round."),
                ("{x} > {B}", "{x} < {B}", "the comparison is the wrong way round."),
                ("return {A};", "return {B};", "it must return {A} here."),
                ("return {B};", "return {A};", "it must return {B} here."),
            ),
        ),
    ),
    Purpose(
        "whether {x} is between {A} and {B}", ("isBetween", "inRange", "isInside"),
        "It returns whether {x} is between {A} and {B}.", "{C}",
        (
            _written(
                """
function {f}({x}: number): boolean {
  return {x} >= {A} && {x} <= {B};
}
""",
                ("&&", "||", "both conditions must hold."),
                (">= {A}", "<= {A}", "the comparison is the wrong way round."),
                ("<= {B}", ">= {B}", "the comparison is the wrong way round."),
            ),
        ),
    ),
    Purpose(
        "the square of {x}", ("square", "squareOf"),
        "It returns the square of {x}.", "{S}",
        (
            _written(
                """
function {f}({x}: number): number {
  return {x} * {x};
}
""",
                ("{x} * {x}", "{x} + {x}", "it must multiply, not add."),
                ("{x} * {x}", "{x} * 2", "it must multiply {x} by itself."),
            ),
            _written(
                """
function {f}({x}: number): number {
  const {t} = {x} * {x};
  return {t};
}
""",
                ("{x} * {x}", "{x} + {x}", "it must multiply, not add."),
                ("{x} * {x}", "{x} * 2", "it must multiply {x} by itself."),
                ("return {t}", "return {x}", "it must return {t}."),
            ),
        ),
    ),
    Purpose(
        "the difference of {x} and {y}", ("difference", "subtract"),
        "It returns {x} minus {y}.", "{A}, {B}",
        (
            _written(
                """
function {f}({x}: number, {y}: number): number {
  return {x} - {y};
}
""",
                ("{x} - {y}", "{x} + {y}", "it must subtract, not add."),
                ("{x} - {y}", "{y} - {x}", "{x} comes first."),
            ),
            _written(
                """
function {f}({x}: number, {y}: number): number {
  const {t} = {x} - {y};
  return {t};
}
""",
                ("{x} - {y}", "{x} + {y}", "it must subtract, not add."),
                ("{x} - {y}", "{y} - {x}", "{x} comes first."),
                ("return {t}", "return {x}", "it must return {t}."),
            ),
        ),
    ),
    Purpose(
        "{w} in capital letters", ("shout", "upper"),
        "It returns {w} in capital letters.", "{Q}",
        (
            _written(
                """
function {f}({w}: string): string {
  return {w}.toUpperCase();
}
""",
                ("toUpperCase", "toLowerCase", "capital letters are upper case."),
            ),
            _written(
                """
function {f}({w}: string): string {
  const {t} = {w}.toUpperCase();
  return {t};
}
""",
                ("toUpperCase", "toLowerCase", "capital letters are upper case."),
                ("return {t}", "return {w}", "it must return {t}."),
            ),
        ),
    ),
)
