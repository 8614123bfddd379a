export declare const findSystemChromium: () => string | undefined
