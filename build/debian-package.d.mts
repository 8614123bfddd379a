export declare const hasApt: () => boolean
export declare const installDebianPackage: (what: {
  readonly root: string
  readonly name: string
  readonly title: string
}) => Promise<boolean>
