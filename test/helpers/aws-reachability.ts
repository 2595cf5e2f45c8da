import { type Found, resourcesOf, type StackId, type Templates, targetOf } from './aws-templates.js';

/**
 * Who can open a TCP connection to whom, computed from what the templates say and nothing else: routes, network ACLs
 * in both directions and for the answers, security groups, public addresses. The model of AWS behind it:
 *
 * - inside a VPC every subnet reaches every other one; ACLs count between subnets, not within one
 * - a security group remembers connections, a network ACL does not: answers need a rule for the port they go back to
 * - from outside, a host is reached only with a public address in a subnet with a route to an internet gateway
 * - to the outside, a host needs that, or a route to a NAT gateway whose subnet has one
 */
export function reachability(templates: Templates): readonly string[] {
  const world = readWorld(templates);
  const names = ['internet', ...world.hosts.map(({ name }) => name)];
  const lines = names.flatMap((from) =>
    names.flatMap((to) => {
      if (from === 'internet' && to === 'internet') return [];
      const open = intervals(world).filter(([low]) => reaches(world, from, to, low));
      return open.length === 0 ? [] : [`${from} → ${to}: ${joined(open)}`];
    }),
  );
  return lines;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

interface GroupRule extends Range {
  /** An address range, or the security group at the other end. */
  readonly peer: string;
}

interface AclRule extends Range {
  readonly number: number;
  readonly cidr: string;
  readonly allow: boolean;
}

interface Subnet {
  readonly id: string;
  readonly cidr: string;
  readonly inward: readonly AclRule[];
  readonly outward: readonly AclRule[];
  /** Where 0.0.0.0/0 leads. */
  readonly way: 'gateway' | { readonly natIn: string } | undefined;
}

interface Host {
  readonly name: string;
  readonly groups: readonly string[];
  readonly subnets: readonly Subnet[];
  readonly publicAddress: boolean;
  /** Ports that it opens connections from. */
  readonly ephemeral: Range;
}

interface World {
  readonly hosts: readonly Host[];
  readonly subnets: ReadonlyMap<string, Subnet>;
  readonly ingress: ReadonlyMap<string, readonly GroupRule[]>;
  readonly egress: ReadonlyMap<string, readonly GroupRule[]>;
}

const linux: Range = { from: 32_768, to: 60_999 };
const managed: Range = { from: 1024, to: 65_535 };
/** An address of nobody in particular. */
const somewhere = '198.51.100.7/32';

function reaches(world: World, from: string, to: string, port: number): boolean {
  const source = world.hosts.find(({ name }) => name === from);
  const target = world.hosts.find(({ name }) => name === to);
  if (!source) return target !== undefined && fromInternet(world, target, port);
  if (!target) return toInternet(world, source, port);
  if (source === target) return false;
  return (
    groupsAllow(world.egress, source, port, target) &&
    groupsAllow(world.ingress, target, port, source) &&
    source.subnets.some((a) => target.subnets.some((b) => between(a, b, port, source.ephemeral)))
  );
}

function between(a: Subnet, b: Subnet, port: number, ephemeral: Range): boolean {
  if (a.id === b.id) return true;
  return (
    passes(a.outward, b.cidr, port) &&
    passes(b.inward, a.cidr, port) &&
    passesAll(b.outward, a.cidr, ephemeral) &&
    passesAll(a.inward, b.cidr, ephemeral)
  );
}

function fromInternet(world: World, target: Host, port: number): boolean {
  if (!target.publicAddress || !groupsAllow(world.ingress, target, port)) return false;
  return target.subnets.some(
    ({ way, inward, outward }) =>
      way === 'gateway' && passes(inward, somewhere, port) && passesAll(outward, somewhere, managed),
  );
}

function toInternet(world: World, source: Host, port: number): boolean {
  if (!groupsAllow(world.egress, source, port)) return false;
  return source.subnets.some((subnet) => {
    const { way, outward, inward } = subnet;
    const leaves = passes(outward, somewhere, port) && passesAll(inward, somewhere, source.ephemeral);
    if (way === 'gateway') return source.publicAddress && leaves;
    const nat = typeof way === 'object' ? world.subnets.get(way.natIn) : undefined;
    if (nat?.way !== 'gateway') return false;
    // Into the NAT gateway's subnet, out of it, and both ways back.
    return (
      leaves &&
      passes(nat.inward, subnet.cidr, port) &&
      passes(nat.outward, somewhere, port) &&
      passesAll(nat.inward, somewhere, managed) &&
      passesAll(nat.outward, subnet.cidr, source.ephemeral)
    );
  });
}

/** Without `other`: whether anybody on the internet is meant. */
function groupsAllow(rules: World['ingress'], host: Host, port: number, other?: Host): boolean {
  return host.groups
    .flatMap((group) => rules.get(group) ?? [])
    .some(({ peer, from, to }) => {
      if (port < from || port > to) return false;
      if (!peer.includes('/') || !/^[\d.:/]+$/.test(peer)) return other?.groups.includes(peer) ?? false;
      if (peer.includes(':')) return !other;
      return other ? other.subnets.some(({ cidr }) => contains(peer, cidr)) : contains(peer, somewhere);
    });
}

function passes(rules: readonly AclRule[], cidr: string, port: number): boolean {
  const first = rules.find((rule) => port >= rule.from && port <= rule.to && contains(rule.cidr, cidr));
  return first?.allow ?? false;
}

/** Whether every port of a range passes; rules have few borders. */
function passesAll(rules: readonly AclRule[], cidr: string, range: Range): boolean {
  const borders = rules
    .flatMap(({ from, to }) => [from, to + 1])
    .filter((port) => port > range.from && port <= range.to);
  return [range.from, ...borders].every((port) => passes(rules, cidr, port));
}

/** Ports between two neighbouring borders of any rule are treated alike. */
function intervals(world: World): readonly (readonly [number, number])[] {
  const rules = [
    ...[...world.ingress.values(), ...world.egress.values()].flat(),
    ...[...world.subnets.values()].flatMap(({ inward, outward }) => [...inward, ...outward]),
  ];
  const borders = [...new Set([1, ...rules.flatMap(({ from, to }) => [from, to + 1])])]
    .filter((port) => port >= 1 && port <= 65_535)
    .sort((a, b) => a - b);
  return borders.map((low, index) => [low, (borders[index + 1] ?? 65_536) - 1] as const);
}

function joined(open: readonly (readonly [number, number])[]): string {
  const merged: [number, number][] = [];
  for (const [low, high] of open) {
    const last = merged.at(-1);
    if (last && last[1] + 1 === low) last[1] = high;
    else merged.push([low, high]);
  }
  return merged.map(([low, high]) => (low === high ? `${low}` : `${low}-${high}`)).join(', ');
}

// --- reading templates -------------------------------------------------------------------------------------------

function readWorld(templates: Templates): World {
  const to = (stack: StackId, value: unknown) => targetOf(templates, stack, value);
  const all = (type: string) => resourcesOf(templates, type);
  const subnets = readSubnets(templates);
  const subnetsOf = (stack: StackId, values: unknown[]) =>
    values.map((value) => {
      const subnet = subnets.get(to(stack, value));
      if (!subnet) throw new Error(`Unknown subnet ${JSON.stringify(value)}.`);
      return subnet;
    });
  const host = (name: string, at: StackId, groups: unknown[], where: unknown[], rest: Partial<Host> = {}): Host => ({
    name,
    groups: groups.map((group) => to(at, group)),
    subnets: subnetsOf(at, where),
    publicAddress: false,
    ephemeral: linux,
    ...rest,
  });
  const hosts: Host[] = [];
  for (const { stack, properties } of all('AWS::ElasticLoadBalancingV2::LoadBalancer')) {
    const publicAddress = properties.Scheme === 'internet-facing';
    hosts.push(
      host('balancer', stack, properties.SecurityGroups, properties.Subnets, { publicAddress, ephemeral: managed }),
    );
  }
  for (const { stack, properties } of all('AWS::AutoScaling::AutoScalingGroup')) {
    const template = to(stack, properties.LaunchTemplate.LaunchTemplateId);
    const launch = find(all('AWS::EC2::LaunchTemplate'), template).properties.LaunchTemplateData;
    const [network] = launch.NetworkInterfaces;
    const publicAddress = network.AssociatePublicIpAddress === true;
    hosts.push(host(stack, stack, network.Groups, properties.VPCZoneIdentifier, { publicAddress }));
  }
  for (const { stack, properties } of all('AWS::Lambda::Function')) {
    const { SecurityGroupIds, SubnetIds } = properties.VpcConfig;
    // All of them have one group and one tier.
    if (!hosts.some(({ name }) => name === 'functions')) {
      hosts.push(host('functions', stack, SecurityGroupIds, SubnetIds, { ephemeral: managed }));
    }
  }
  const subnetGroups = all('AWS::RDS::DBSubnetGroup');
  for (const { stack, properties } of all('AWS::RDS::DBInstance')) {
    // A replica is placed in the subnet group of its source.
    const group = properties.DBSubnetGroupName
      ? find(subnetGroups, to(stack, properties.DBSubnetGroupName))
      : subnetGroups[0];
    const name = properties.Tags.find(({ Key }: { Key: string }) => Key === 'understudy:role').Value;
    const publicAddress = properties.PubliclyAccessible !== false;
    hosts.push(host(name, stack, properties.VPCSecurityGroups, group?.properties.SubnetIds, { publicAddress }));
  }
  for (const { stack, properties } of all('AWS::EFS::MountTarget')) {
    const fileSystem = find(all('AWS::EFS::FileSystem'), to(stack, properties.FileSystemId));
    const tag = fileSystem.properties.FileSystemTags.find(({ Key }: { Key: string }) => Key === 'Name').Value;
    const name = `files of ${tag}`;
    const here = host(name, stack, properties.SecurityGroups, [properties.SubnetId]);
    const before = hosts.findIndex((other) => other.name === name);
    const other = hosts[before];
    if (other) hosts[before] = { ...here, subnets: [...other.subnets, ...here.subnets] };
    else hosts.push(here);
  }
  return {
    hosts,
    subnets,
    ingress: groupRules(templates, 'AWS::EC2::SecurityGroupIngress', 'SecurityGroupIngress', 'SourceSecurityGroupId'),
    egress: groupRules(templates, 'AWS::EC2::SecurityGroupEgress', 'SecurityGroupEgress', 'DestinationSecurityGroupId'),
  };
}

function find(resources: readonly Found[], target: string): Found {
  const found = resources.find(({ stack, id }) => `${stack}/${id}` === target);
  if (!found) throw new Error(`Nothing is ${target}.`);
  return found;
}

function readSubnets(templates: Templates): ReadonlyMap<string, Subnet> {
  const to = (stack: StackId, value: unknown) => targetOf(templates, stack, value);
  const associations = resourcesOf(templates, 'AWS::EC2::SubnetNetworkAclAssociation');
  const tables = resourcesOf(templates, 'AWS::EC2::SubnetRouteTableAssociation');
  const routes = resourcesOf(templates, 'AWS::EC2::Route');
  return new Map(
    resourcesOf(templates, 'AWS::EC2::Subnet').map(({ stack, id, properties }) => {
      const self = `${stack}/${id}`;
      const acl = associations.find((one) => to(one.stack, one.properties.SubnetId) === self);
      const table = tables.find((one) => to(one.stack, one.properties.SubnetId) === self);
      const route = routes.find(
        (one) =>
          table &&
          one.properties.DestinationCidrBlock === '0.0.0.0/0' &&
          to(one.stack, one.properties.RouteTableId) === to(table.stack, table.properties.RouteTableId),
      );
      const rules = (egress: boolean) => aclRules(templates, acl && to(acl.stack, acl.properties.NetworkAclId), egress);
      const way = route && wayOf(templates, route);
      return [self, { id: self, cidr: properties.CidrBlock, inward: rules(false), outward: rules(true), way }];
    }),
  );
}

function wayOf(templates: Templates, { stack, properties }: Found): Subnet['way'] {
  if (properties.GatewayId) return 'gateway';
  const nat = find(resourcesOf(templates, 'AWS::EC2::NatGateway'), targetOf(templates, stack, properties.NatGatewayId));
  return { natIn: targetOf(templates, nat.stack, nat.properties.SubnetId) };
}

/** In the order in which they count. Without an ACL of ours the VPC's own allows everything. */
function aclRules(templates: Templates, acl: string | undefined, egress: boolean): readonly AclRule[] {
  if (!acl) return [{ number: 1, cidr: '0.0.0.0/0', from: 0, to: 65_535, allow: true }];
  return resourcesOf(templates, 'AWS::EC2::NetworkAclEntry')
    .filter(({ stack, properties }) => targetOf(templates, stack, properties.NetworkAclId) === acl)
    .filter(({ properties }) => properties.Egress === egress && properties.CidrBlock)
    .map(({ properties }) => ({
      number: properties.RuleNumber,
      cidr: properties.CidrBlock,
      from: properties.Protocol === -1 ? 0 : properties.PortRange.From,
      to: properties.Protocol === -1 ? 65_535 : properties.PortRange.To,
      allow: properties.RuleAction === 'allow',
    }))
    .sort((a, b) => a.number - b.number);
}

function groupRules(templates: Templates, type: string, inline: string, peerGroup: string): World['ingress'] {
  const found = new Map<string, GroupRule[]>();
  // biome-ignore lint/suspicious/noExplicitAny: templates are read as what they are
  const add = (stack: StackId, group: string, rule: any) => {
    const everything = String(rule.IpProtocol) === '-1';
    if (!everything && !['tcp', '6'].includes(String(rule.IpProtocol))) return;
    const peer = rule.CidrIp ?? rule.CidrIpv6 ?? targetOf(templates, stack, rule[peerGroup]);
    const range = everything ? { from: 0, to: 65_535 } : { from: rule.FromPort, to: rule.ToPort };
    found.set(group, [...(found.get(group) ?? []), { peer, ...range }]);
  };
  for (const { stack, id, properties } of resourcesOf(templates, 'AWS::EC2::SecurityGroup')) {
    const rules = properties[inline];
    for (const rule of rules ?? []) add(stack, `${stack}/${id}`, rule);
    // A group that says nothing about going out may do anything.
    if (inline === 'SecurityGroupEgress' && !rules)
      add(stack, `${stack}/${id}`, { IpProtocol: '-1', CidrIp: '0.0.0.0/0' });
  }
  for (const { stack, properties } of resourcesOf(templates, type)) {
    add(stack, targetOf(templates, stack, properties.GroupId), properties);
  }
  return found;
}

function contains(outer: string, inner: string): boolean {
  if (outer.includes(':') || inner.includes(':')) return false;
  const [a, b] = [parse(outer), parse(inner)];
  return (
    a.prefix <= b.prefix && Math.floor(a.base / 2 ** (32 - a.prefix)) === Math.floor(b.base / 2 ** (32 - a.prefix))
  );
}

function parse(cidr: string): { base: number; prefix: number } {
  const [address = '', prefix = '32'] = cidr.split('/');
  return { base: address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0), prefix: Number(prefix) };
}
