// Inputs of exact products as roundBlocks leaves them and addBlock reads them, in words of the state: of a block of 32, 8 words of the
// codes' high parts and 8 of their low ones, four bytes each; the scale's bits; the bits of the inputs' sum; the codes' sums over 16 columns
// each.
const roundedWords = 20u;
