declare const MODEL_LENS_VERSION: string;

/** Model Lens's version, written in by the build; 'dev' when run from source. */
export const modelLensVersion: string = typeof MODEL_LENS_VERSION === 'string' ? MODEL_LENS_VERSION : 'dev';
