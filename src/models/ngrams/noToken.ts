/** Stands where there is no token. */
export const NO_TOKEN = -1;
