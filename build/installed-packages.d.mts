export declare const rememberInstallation: (root: string) => void
export declare const missingPackages: (root: string) => string[]
